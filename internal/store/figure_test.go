package store_test

import (
	"testing"

	"studymail/internal/storetest"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.FiguresAddUpInEachSpan, storetest.WhatComesBackIsCountedInFiguresOnce)
}

func TestDesk(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.TheFirstPageTellsWhatNeedsAPerson, storetest.WorkersAreShownWithWhatTheyDo)
}
