package store_test

import (
	"testing"

	"studymail/internal/storetest"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ScheduleComesBackAsItWasAdded,
		storetest.AScheduleWithoutATimeLeftIsRefused,
		storetest.EditingAndEnablingNeverFire,
		storetest.TwoEditorsOfAScheduleCollideVisibly,
		storetest.ADueTimeIsTakenOnce,
		storetest.MissedTimesFollowThePolicy,
		storetest.OverlapsFollowThePolicy,
		storetest.ACampaignThatSendsIsAnOverlap,
		storetest.AClockPutBackNeitherFiresTwiceNorStops,
		storetest.BothClockChangesFireOnce,
		storetest.ARunByHandLeavesTheTimesAlone,
		storetest.AScheduleRunEndsOnce,
		storetest.AFiringBeginsOnePlan,
		storetest.TheHistoryOfASchedulesRunsIsBounded,
		storetest.ABrokenScheduleStopsAlone,
		storetest.ABuiltinScheduleIsMadeOnceAndFollowsItsInterval,
		storetest.TheSchedulersTickIsKept,
		storetest.ADraftIsGivenOneSchedule,
		storetest.ARunTellsItsSchedule,
	)
}
