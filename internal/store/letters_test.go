package store_test

import (
	"testing"

	"studymail/internal/storetest"
)

func TestPlans(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.EachReasonIsFoundByThePlan,
		storetest.AReasonOfStudyOrProviderLeavesOutAll,
		storetest.APatientGetsAStepOnce,
		storetest.ALetterIsHadOnceAcrossCampaigns,
		storetest.OnlyTheProvidersOfACampaignAreSelected,
		storetest.NothingOfARunLeavesBeforeItsPlanIsWhole,
		storetest.AnAbandonedPlanIsTakenUpOnceWhereItStood,
	)
}

func TestCampaigns(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.CampaignsAreListedByEachFilter,
		storetest.MessagesAreFoundByEachFilter,
		storetest.AResendGoesOnWhereItStood,
		storetest.PatientsAreAddedToADraftOnly,
		storetest.OnlyADraftIsDeleted,
		storetest.WhatEndedAndWhoWasLeftOutIsListedByReason,
	)
}

func TestReminders(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.AReminderKnowsItsDaysAndItsLetter,
		storetest.AReminderIsForThoseWhoWereSentTheFirstLetter,
		storetest.AReminderThatWaitsKeepsItsCampaignOpen,
	)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ThePulseTellsWhatWaitsAndWhetherMailGoesOut,
		storetest.ThePulseTellsOfClaimsWhoseWorkerIsDead,
	)
}

func TestHandOvers(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ClaimGivesEachMessageOnce,
		storetest.AClaimSetsAsideWhoIsNotEligibleAnyMore,
		storetest.AWorkerDeclaredDeadClaimsNothing,
		storetest.AWindowLetsInOnlyWhoMayGo,
		storetest.OutcomesAreRecordedHoweverTheyLie,
		storetest.AWindowSplitsThoseWhoMayGoFromThoseWhoMayNot,
		storetest.WindowsThatOpenTogetherAreEachTheirOwn,
		storetest.APassComesOutTheSameHoweverItGoes,
		storetest.AnOutcomeIsRecordedThoughItsMessageChanges,
		storetest.RecordTwiceIsNoChange,
		storetest.AMessageIsFoundByWhatItsTransportCallsIt,
		storetest.WhatADeadWorkerHeldComesBackOrIsInDoubt,
		storetest.WhatAWorkerLeftInDoubtIsListedWithItsWindows,
		storetest.WhatWasNeverSentIsQueuedAgainAndItsCampaignGoesOn,
		storetest.ALateOutcomeSettlesItsOwnHandOverOnly,
		storetest.ALateOutcomeThatTriesAgainIsClaimedAgain,
		storetest.ALateOutcomeAndTheEndOfItsRunSeeEachOther,
		storetest.AWindowOfWhichNobodyKnowsTouchesNoOtherClaim,
		storetest.DeferredMessagesComeBackWhenTheyAreDue,
		storetest.AMessageHasNoMoreAttemptsThanItsLimit,
		storetest.AnExpiredMessageFails,
		storetest.ACancelledCampaignsMailIsCancelled,
		storetest.ACampaignEndsWithItsLastMessage,
		storetest.AnAdHocMailGoesBeforeABigCampaign,
		storetest.AClaimGoesByTurns,
		storetest.ASmallClaimLeavesNobodyOut,
		storetest.AdHocMailIsSeenOnlyWhileItWaits,
		storetest.AHeartbeatOfADeadWorkerIsRefused,
	)
}

func TestRates(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ARateIsStoredAsItWasSaved,
		storetest.ARateIsNotSavedOverAnothersChange,
		storetest.ARateIsLockedByOneAtATime,
		storetest.RateCountsAreSummedByTheirParts,
		storetest.AFlowTellsHowFastACampaignGoes,
		storetest.TheConnectionsOfLivingWorkersCount,
		storetest.TheServersClockIsPostgresOnly,
	)
}

func TestSendHours(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.MailOfAStudyLeavesInItsHoursOnly,
		storetest.HoursThatNobodyRefreshedAreClosed,
		storetest.NoWindowOpensOutsideTheHours,
		storetest.MailOfAClosedCareProviderIsSetAsideOnce,
		storetest.MailWaitsUntilStudyAndCareProviderAreOpen,
		storetest.EditedHoursAreInForceAtOnce,
		storetest.TimeOutsideTheHoursDoesNotExpireAMessage,
		storetest.WhatWaitsForItsStudyIsNotLate,
		storetest.HoursThatCannotBeReadCloseTheirsOnly,
	)
}
