package store_test

import (
	"testing"

	"studymail/internal/storetest"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ProviderComesBackAsItWasAdded,
		storetest.AnODSCodeIsTakenOnce,
		storetest.ProvidersOfKeysAreThoseAskedFor,
		storetest.TwoEditorsOfAProviderCollideVisibly,
		storetest.AProviderThatIsNotThereIsNotFound,
	)
}

func TestStudies(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.StudyComesBackAsItWasAdded,
		storetest.AStudysNameIsTakenOnce,
		storetest.TwoEditorsOfAStudyCollideVisibly,
		storetest.AStudyThatIsNotThereIsNotFound,
	)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.PersonComesBackSealed,
		storetest.AUsernameIsTakenOnce,
		storetest.PeopleMayShareAnAddress,
		storetest.APersonWithoutAnAddressHasNoHashOfOne,
		storetest.TwoEditorsOfAPersonCollideVisibly,
		storetest.APersonThatIsNotThereIsNotFound,
	)
}

func TestErasure(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.OfAnErasedPersonOnlyNumbersStay,
		storetest.ErasingTwiceIsNoChange,
		storetest.AnErasedPersonIsNobodyToFindAndMayComeAsAnother,
		storetest.WhatOlderWindowsHoldOfAnErasedPersonGoes,
		storetest.AnErasedPersonCanStillOptOut,
		storetest.ALogIsComparedWithWhoWasErased,
		storetest.ErasuresOfOneWindowDoNotUndoEachOther,
		storetest.WhatWasMergedIsForgottenByItsAge,
		storetest.WhatServersAnsweredIsForgottenByItsAge,
		storetest.WhatTheMasterKeySealedIsReplacedRowByRow,
		storetest.HashingAnewKeepsSinceWhenAnAddressIs,
		storetest.WhatNeedsAKeyIsCounted,
		storetest.AProcessSaysWhichKeysItHas,
	)
}

func TestPatients(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.PatientComesWithItsWordsAndSealedDetails,
		storetest.APersonIsInAStudyOnce,
		storetest.PatientsAreFilteredByEachWord,
		storetest.PagesOfPatientsMissNobodyAndRepeatNobody,
		storetest.SettingAPatientNamesWhatItExpects,
		storetest.OfManySettingAPatientOneSucceeds,
		storetest.PatientCountsAddUp,
		storetest.APatientThatIsNotThereIsNotFound,
	)
}

func TestPatientLists(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.EachFilterOfPatientsIsCountedByEachOfItsWords,
		storetest.PagesOfPatientsHaveEachFilterInEachOrder,
		storetest.AWalkComesByEachPatientOfAFilterOnce,
		storetest.ManyPatientsAreSetWithAnEventEach,
		storetest.NumbersOfPatientsHoldWhateverComesAtOnce,
		storetest.OfSeveralLettersTheNewestIsListed,
		storetest.TheStoryOfAPatientHasMessagesAndAttempts,
		storetest.PeopleAreFoundByAddressAndByUUID,
		storetest.RecountingPatientsChangesNothingThatWasRight,
	)
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.TemplateComesBackAsItWasAdded,
		storetest.AnEditMakesAVersionAndKeepsTheOld,
		storetest.TwoEditorsOfATemplateCollideVisibly,
		storetest.ATemplatesNameIsTakenOnce,
		storetest.ATemplateThatIsNotThereIsNotFound,
		storetest.TwoEditorsOfATemplatesNameCollideVisibly,
		storetest.TemplatesAreListedWithTheirNewestVersionAndUse,
		storetest.ThoseWhoLackDetailsAreCounted,
	)
}

func TestSuppressions(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.SuppressingTwiceIsNoChange,
		storetest.SuppressionIsFoundUnderAnyKey,
		storetest.WhoseLettersCameBackDeadIsKnown,
		storetest.SuppressionsArePagedFoundAndLifted,
		storetest.WhoIsSuppressedUnderAnOlderKeyStaysSo,
	)
}

func TestMeta(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.MetaKeepsTheLastValue,
		storetest.OnlyTheKeysOfADatabaseFitIt,
		storetest.OfManyNewKeysOneGetsTheDatabase,
	)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.EventsComeNewestFirst,
		storetest.EventsAreFoundByEachFilter,
		storetest.RollbackLeavesNoEvent,
	)
}

func TestArming(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ADatabaseThatIsBehindAMachineIsDisarmed,
		storetest.WhatAPersonArmedNoMachineDisarmsAgain,
		storetest.ADatabaseThatTurnsUpElsewhereIsDisarmed,
		storetest.AMovedSQLiteFileIsNoCopy,
		storetest.ACopyOfWhatWasSwitchedOffIsACopy,
		storetest.ASignOfLifeWaitsForNobodyOnPostgres,
		storetest.WhileDisarmedNothingIsTakenAndNoWindowOpens,
		storetest.WhatWaitsIsSettledAsSentOnlyWhileDisarmed,
	)
}

func TestBackup(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.ABackupIsOneInstantDisarmedAndChecked,
		storetest.ABackupThatWasKilledIsMadeAnew,
	)
}

func TestUsers(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.UserComesBackAsItWasAdded,
		storetest.TwoEditorsOfAUserCollideVisibly,
		storetest.TheLastAdministratorStays,
		storetest.PasswordAndSignInAreNoted,
		storetest.ACodeCountsOnce,
	)
}

func TestSignIns(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		storetest.SessionsEndByTheirTimeAndByIdleness,
		storetest.EndingAUsersSessionsLeavesOthersAlone,
		storetest.TriesAreAllowedInABurstAndThenStepByStep,
		storetest.ALinkIsUsedOnceAndReplacesItsElders,
		storetest.AFormIsUsedOnce,
	)
}
