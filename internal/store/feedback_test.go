package store_test

import (
	"testing"

	"studymail/internal/storetest"
)

func TestFeedback(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.FeedbackCountsOnceHoweverOftenItComes,
		storetest.ANoticeIsKnownOnceItWasNoted,
		storetest.ADeadAddressTakesThePersonOutOfAllStudies,
		storetest.AnAddressThatIsRefusedIsDeadEverywhere,
		storetest.ALateBounceCountsAfterADelivery,
		storetest.ABounceBeforeOurOwnRecordWaits,
		storetest.WhatComesBackSettlesAnUncertainMessage,
		storetest.SoftBouncesScoreAgainstAnAddress,
		storetest.WhatComesBackForAnEarlierAddressLeavesThePatientAlone,
		storetest.AnOptOutReachesAsFarAsItSays,
		storetest.AnOptOutSkipsWhatWaitsAtOnce,
		storetest.WhatIsUndoneStandsAsBefore,
		storetest.WhatHoldsAPatientIsFoundAndLifted,
		storetest.AnOptOutThatIsUndoneLeavesAnotherStanding,
		storetest.FeedbackIsListedByEachFilterAndForgottenInTime,
		storetest.AMessageThatIsSentAgainBeginsWithNothing,
		storetest.AHaltedCampaignGoesOnOnlyByAPerson,
	)
}
