package store_test

import (
	"testing"

	"studymail/internal/storetest"
)

func TestImportFiles(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.AnImportComesBackWithItsBlocks,
		storetest.AnImportMovesFromTheStateThatWasSeen,
		storetest.OneWorkerHasAnImport,
		storetest.FilesOfImportsGo,
		storetest.ImportsAreListedAndFoundByTheirFile,
	)
}
