package web

import (
	"studymail"
	"studymail/internal/ses"
)

// Besides permissions, what a route may need.
const (
	public   studymail.Permission = "public"    // nobody needs to be signed in
	signedIn studymail.Permission = "signed in" // anybody who is
)

// route is one row of the table.
type route struct {
	method string
	path   string // as http.ServeMux takes it
	needs  studymail.Permission
	page   func(*site, *visit) error
	limit  int64 // bytes of a request's body; 0: 1 MB
}

// routes is the table of every route. A route without a permission fails a test,
// and what is not in here is not answered. Add yours to its noun, in the order
// list, new, show, edit, actions.
func routes() []route {
	return []route{
		// Machines.
		{method: "GET", path: "/healthz", needs: public, page: (*site).processIsUp},
		{method: "GET", path: "/readyz", needs: public, page: (*site).ready},
		{method: "GET", path: "/health", needs: public, page: (*site).mailFlows},
		{method: "GET", path: "/metrics", needs: public, page: (*site).metrics}, // with METRICS_TOKEN only
		{method: "GET", path: "/assets/{file}", needs: public, page: (*site).asset},

		// Patients' own page: who opts out has no login.
		{method: "GET", path: optOutPath, needs: public, page: (*site).optOutForm},
		{method: "POST", path: optOutPath, needs: public, page: (*site).optOut, limit: 8 << 10},

		// Amazon SNS tells what became of mails: who asks is told by a signature.
		{method: "POST", path: sesHookPath, needs: public, page: (*site).sesHook, limit: ses.MaxNotice},

		// Signing in and out.
		{method: "GET", path: "/login", needs: public, page: (*site).loginForm},
		{method: "POST", path: "/login", needs: public, page: (*site).login},
		{method: "GET", path: "/login/code", needs: public, page: (*site).loginCodeForm},
		{method: "POST", path: "/login/code", needs: public, page: (*site).loginCode},
		{method: "POST", path: "/logout", needs: public, page: (*site).logout},
		{method: "GET", path: "/setup/{token}", needs: public, page: (*site).setupForm},
		{method: "POST", path: "/setup/{token}", needs: public, page: (*site).setup},
		{method: "POST", path: "/theme", needs: public, page: (*site).setTheme},

		// One's own account.
		{method: "GET", path: "/account", needs: signedIn, page: (*site).accountShow},
		{method: "POST", path: "/account/password", needs: signedIn, page: (*site).accountPassword},
		{method: "POST", path: "/account/sign-out-everywhere", needs: signedIn, page: (*site).accountSignOutEverywhere},
		{method: "POST", path: "/account/sessions/{id}/end", needs: signedIn, page: (*site).accountEndSession},
		{method: "GET", path: "/account/second-factor", needs: signedIn, page: (*site).secondFactorShow},
		{method: "POST", path: "/account/second-factor", needs: signedIn, page: (*site).secondFactorBegin},
		{method: "POST", path: "/account/second-factor/confirm", needs: signedIn, page: (*site).secondFactorConfirm},
		{method: "POST", path: "/account/second-factor/off", needs: signedIn, page: (*site).secondFactorOff},
		{method: "POST", path: "/account/recovery-codes", needs: signedIn, page: (*site).recoveryCodesNew},

		// Home.
		{method: "GET", path: "/{$}", needs: studymail.MayView, page: (*site).home},

		// Patients.
		{method: "GET", path: "/patients", needs: studymail.MayView, page: (*site).patientList},
		{method: "POST", path: "/patients/search", needs: studymail.MayView, page: (*site).patientSearch},
		{method: "GET", path: "/patients/new", needs: studymail.MayEdit, page: (*site).patientNew},
		{method: "POST", path: "/patients", needs: studymail.MayEdit, page: (*site).patientAdd},
		{method: "POST", path: "/patients/status", needs: studymail.MayEdit, page: (*site).patientStatus},
		{method: "POST", path: "/patients/cancel", needs: studymail.MayEdit, page: (*site).patientCancel},
		{method: "POST", path: "/patients/restore", needs: studymail.MayEdit, page: (*site).patientRestore},
		{method: "POST", path: "/patients/send", needs: studymail.MaySend, page: (*site).patientSend},
		{method: "POST", path: "/patients/export", needs: studymail.MayView, page: (*site).patientExport},
		{method: "GET", path: "/patients/{id}", needs: studymail.MayView, page: (*site).patientShow},
		{method: "POST", path: "/patients/{id}/show", needs: studymail.MaySeeDetails, page: (*site).patientShowDetails},
		{method: "POST", path: "/patients/{id}/status", needs: studymail.MayEdit, page: (*site).patientSetStatus},
		{method: "GET", path: "/patients/{id}/cancel", needs: studymail.MayEdit, page: (*site).patientCancelOne},
		{method: "POST", path: "/patients/{id}/cancel", needs: studymail.MayEdit, page: (*site).patientCancelNow},
		{method: "GET", path: "/patients/{id}/restore", needs: studymail.MayEdit, page: (*site).patientRestoreOne},
		{method: "POST", path: "/patients/{id}/restore", needs: studymail.MayEdit, page: (*site).patientRestoreNow},
		{method: "POST", path: "/patients/{id}/held", needs: studymail.MaySeeDetails, page: (*site).patientHeld},
		{method: "GET", path: "/patients/{id}/erase", needs: studymail.MayAdminister, page: (*site).patientEraseForm},
		{method: "POST", path: "/patients/{id}/erase", needs: studymail.MayAdminister, page: (*site).patientErase},
		{method: "POST", path: "/patients/{id}/details", needs: studymail.MaySeeDetails, page: (*site).patientDetailsForm},
		{method: "POST", path: "/patients/{id}/details/save", needs: studymail.MaySeeDetails, page: (*site).patientDetailsSave},

		// Studies.
		{method: "GET", path: "/studies", needs: studymail.MayView, page: (*site).studyList},
		{method: "GET", path: "/studies/new", needs: studymail.MayEdit, page: (*site).studyNew},
		{method: "POST", path: "/studies", needs: studymail.MayEdit, page: (*site).studyAdd},
		{method: "GET", path: "/studies/{id}", needs: studymail.MayView, page: (*site).studyShow},
		{method: "GET", path: "/studies/{id}/edit", needs: studymail.MayEdit, page: (*site).studyEditForm},
		{method: "POST", path: "/studies/{id}", needs: studymail.MayEdit, page: (*site).studyEdit},
		{method: "GET", path: "/studies/{id}/active", needs: studymail.MayEdit, page: (*site).studyActiveForm},
		{method: "POST", path: "/studies/{id}/active", needs: studymail.MayEdit, page: (*site).studyActive},

		// Care providers.
		{method: "GET", path: "/providers", needs: studymail.MayView, page: (*site).providerList},
		{method: "GET", path: "/providers/new", needs: studymail.MayEdit, page: (*site).providerNew},
		{method: "POST", path: "/providers", needs: studymail.MayEdit, page: (*site).providerAdd},
		{method: "GET", path: "/providers/{id}", needs: studymail.MayView, page: (*site).providerShow},
		{method: "GET", path: "/providers/{id}/edit", needs: studymail.MayEdit, page: (*site).providerEditForm},
		{method: "POST", path: "/providers/{id}", needs: studymail.MayEdit, page: (*site).providerEdit},
		{method: "GET", path: "/providers/{id}/active", needs: studymail.MayEdit, page: (*site).providerActiveForm},
		{method: "POST", path: "/providers/{id}/active", needs: studymail.MayEdit, page: (*site).providerActive},

		// Templates.
		{method: "GET", path: "/templates", needs: studymail.MayView, page: (*site).templateList},
		{method: "GET", path: "/templates/new", needs: studymail.MayWrite, page: (*site).templateNew},
		{method: "POST", path: "/templates", needs: studymail.MayWrite, page: (*site).templateAdd},
		{method: "POST", path: "/templates/preview", needs: studymail.MayWrite, page: (*site).templatePreview},
		{method: "POST", path: "/templates/frame", needs: studymail.MayWrite, page: (*site).templateDraftFrame},
		{method: "GET", path: "/templates/{id}", needs: studymail.MayView, page: (*site).templateShow},
		{method: "POST", path: "/templates/{id}/sample", needs: studymail.MayView, page: (*site).templateSample},
		{method: "GET", path: "/templates/{id}/frame", needs: studymail.MayView, page: (*site).templateFrame},
		{method: "POST", path: "/templates/{id}/frame", needs: studymail.MaySeeDetails, page: (*site).templateFrameShown},
		{method: "GET", path: "/templates/{id}/versions", needs: studymail.MayView, page: (*site).templateDiff},
		{method: "GET", path: "/templates/{id}/edit", needs: studymail.MayWrite, page: (*site).templateEditForm},
		{method: "POST", path: "/templates/{id}", needs: studymail.MayWrite, page: (*site).templateEdit},
		{method: "GET", path: "/templates/{id}/settings", needs: studymail.MayWrite, page: (*site).templateSettingsForm},
		{method: "POST", path: "/templates/{id}/settings", needs: studymail.MayWrite, page: (*site).templateSettings},
		{method: "POST", path: "/templates/{id}/test", needs: studymail.MayWrite, page: (*site).templateTrial},
		{method: "GET", path: "/templates/{id}/archive", needs: studymail.MayWrite, page: (*site).templateArchiveForm},
		{method: "POST", path: "/templates/{id}/archive", needs: studymail.MayWrite, page: (*site).templateArchive},

		// Campaigns.
		{method: "GET", path: "/campaigns", needs: studymail.MayView, page: (*site).campaignList},
		{method: "GET", path: "/campaigns/new", needs: studymail.MaySend, page: (*site).campaignNew},
		{method: "POST", path: "/campaigns", needs: studymail.MaySend, page: (*site).campaignAdd},
		{method: "GET", path: "/campaigns/{id}", needs: studymail.MayView, page: (*site).campaignShow},
		{method: "GET", path: "/campaigns/{id}/live", needs: studymail.MayView, page: (*site).campaignLive},
		{method: "GET", path: "/campaigns/{id}/left-out", needs: studymail.MayView, page: (*site).campaignLeftOut},
		{method: "GET", path: "/campaigns/{id}/reminder", needs: studymail.MayView, page: (*site).campaignReminder},
		{method: "GET", path: "/campaigns/{id}/start", needs: studymail.MaySend, page: (*site).campaignReview},
		{method: "POST", path: "/campaigns/{id}/start", needs: studymail.MaySend, page: (*site).campaignStart},
		{method: "GET", path: "/campaigns/{id}/discard", needs: studymail.MaySend, page: (*site).campaignDiscardForm},
		{method: "POST", path: "/campaigns/{id}/discard", needs: studymail.MaySend, page: (*site).campaignDiscard},
		{method: "GET", path: "/campaigns/{id}/pause", needs: studymail.MaySend, page: (*site).campaignPauseForm},
		{method: "POST", path: "/campaigns/{id}/pause", needs: studymail.MaySend, page: (*site).campaignPause},
		{method: "GET", path: "/campaigns/{id}/release", needs: studymail.MaySend, page: (*site).campaignReleaseForm},
		{method: "POST", path: "/campaigns/{id}/release", needs: studymail.MaySend, page: (*site).campaignRelease},
		{method: "GET", path: "/campaigns/{id}/resume", needs: studymail.MaySend, page: (*site).campaignResumeForm},
		{method: "POST", path: "/campaigns/{id}/resume", needs: studymail.MaySend, page: (*site).campaignResume},
		{method: "GET", path: "/campaigns/{id}/cancel", needs: studymail.MaySend, page: (*site).campaignCancelForm},
		{method: "POST", path: "/campaigns/{id}/cancel", needs: studymail.MaySend, page: (*site).campaignCancel},
		{method: "GET", path: "/campaigns/{id}/retry", needs: studymail.MaySend, page: (*site).campaignRetryForm},
		{method: "POST", path: "/campaigns/{id}/retry", needs: studymail.MaySend, page: (*site).campaignRetry},

		// Messages.
		{method: "GET", path: "/messages", needs: studymail.MayView, page: (*site).messageList},
		{method: "POST", path: "/messages/again", needs: studymail.MaySend, page: (*site).messagesAgain},
		{method: "GET", path: "/messages/{id}", needs: studymail.MayView, page: (*site).messageShow},
		{method: "POST", path: "/messages/{id}/show", needs: studymail.MaySeeDetails, page: (*site).messageShowMail},
		{method: "GET", path: "/messages/{id}/again", needs: studymail.MaySend, page: (*site).messageAgainForm},
		{method: "POST", path: "/messages/{id}/again", needs: studymail.MaySend, page: (*site).messageAgain},
		{method: "GET", path: "/messages/{id}/settle", needs: studymail.MaySend, page: (*site).messageSettleForm},
		{method: "POST", path: "/messages/{id}/settle", needs: studymail.MaySend, page: (*site).messageSettle},

		{method: "GET", path: "/resends/{id}", needs: studymail.MayView, page: (*site).resendShow},
		{method: "GET", path: "/resends/{id}/live", needs: studymail.MayView, page: (*site).resendLive},

		// What comes back.
		{method: "GET", path: "/feedback", needs: studymail.MayView, page: (*site).feedbackList},
		{method: "GET", path: "/feedback/effects", needs: studymail.MayView, page: (*site).feedbackEffects},
		{method: "GET", path: "/feedback/{id}", needs: studymail.MayView, page: (*site).feedbackShow},
		{method: "POST", path: "/feedback/{id}/show", needs: studymail.MaySeeDetails, page: (*site).feedbackShowMail},
		{method: "POST", path: "/feedback/{id}/seen", needs: studymail.MayEdit, page: (*site).feedbackSeen},
		{method: "GET", path: "/feedback/{id}/undo", needs: studymail.MayEdit, page: (*site).feedbackUndoForm},
		{method: "POST", path: "/feedback/{id}/undo", needs: studymail.MayEdit, page: (*site).feedbackUndo},

		// Suppressed addresses.
		{method: "GET", path: "/suppression", needs: studymail.MayView, page: (*site).suppressionList},
		{method: "POST", path: "/suppression", needs: studymail.MayEdit, page: (*site).suppressionAdd},
		{method: "POST", path: "/suppression/look", needs: studymail.MaySeeDetails, page: (*site).suppressionLook},
		{method: "GET", path: "/suppression/ses", needs: studymail.MayAdminister, page: (*site).suppressionSES},
		{method: "POST", path: "/suppression/ses", needs: studymail.MayAdminister, page: (*site).suppressionSESAsk},
		{method: "POST", path: "/suppression/ses/import", needs: studymail.MayAdminister, page: (*site).suppressionSESImport},
		{method: "POST", path: "/suppression/ses/clear", needs: studymail.MayAdminister, page: (*site).suppressionSESClear},
		{method: "GET", path: "/suppression/{id}", needs: studymail.MayView, page: (*site).suppressionShow},
		{method: "POST", path: "/suppression/{id}/lift", needs: studymail.MayEdit, page: (*site).suppressionLift},

		// Imports.
		{method: "GET", path: "/imports", needs: studymail.MayView, page: (*site).importList},
		{method: "GET", path: "/imports/new", needs: studymail.MayEdit, page: (*site).importNew},
		{method: "POST", path: "/imports", needs: studymail.MayEdit, page: (*site).importUpload, limit: uploadLimit},
		{method: "GET", path: "/imports/{id}", needs: studymail.MayView, page: (*site).importShow},
		{method: "GET", path: "/imports/{id}/live", needs: studymail.MayView, page: (*site).importLive},
		{method: "GET", path: "/imports/{id}/problems", needs: studymail.MayView, page: (*site).importProblems},
		{method: "POST", path: "/imports/{id}/rows", needs: studymail.MaySeeDetails, page: (*site).importRows},
		{method: "GET", path: "/imports/{id}/columns", needs: studymail.MayEdit, page: (*site).importColumnsForm},
		{method: "POST", path: "/imports/{id}/columns", needs: studymail.MayEdit, page: (*site).importColumns},
		{method: "POST", path: "/imports/{id}/check", needs: studymail.MayEdit, page: (*site).importCheck},
		{method: "POST", path: "/imports/{id}/confirm", needs: studymail.MayEdit, page: (*site).importConfirm},
		{method: "POST", path: "/imports/{id}/discard", needs: studymail.MayEdit, page: (*site).importDiscard},

		// Schedules.
		{method: "GET", path: "/schedules", needs: studymail.MayView, page: (*site).scheduleList},
		{method: "GET", path: "/schedules/new", needs: studymail.MayAdminister, page: (*site).scheduleNew},
		{method: "POST", path: "/schedules", needs: studymail.MayAdminister, page: (*site).scheduleAdd},
		{method: "POST", path: "/schedules/preview", needs: studymail.MayAdminister, page: (*site).schedulePreview},
		{method: "GET", path: "/schedules/{id}", needs: studymail.MayView, page: (*site).scheduleShow},
		{method: "GET", path: "/schedules/{id}/edit", needs: studymail.MayAdminister, page: (*site).scheduleEditForm},
		{method: "POST", path: "/schedules/{id}", needs: studymail.MayAdminister, page: (*site).scheduleEdit},
		{method: "GET", path: "/schedules/{id}/enabled", needs: studymail.MayAdminister, page: (*site).scheduleSwitchForm},
		{method: "POST", path: "/schedules/{id}/enabled", needs: studymail.MayAdminister, page: (*site).scheduleSwitch},
		{method: "GET", path: "/schedules/{id}/run", needs: studymail.MayAdminister, page: (*site).scheduleRunForm},
		{method: "POST", path: "/schedules/{id}/run", needs: studymail.MayAdminister, page: (*site).scheduleRun},

		// Monitor.
		{method: "GET", path: "/monitor", needs: studymail.MayView, page: (*site).monitor},
		{method: "GET", path: "/monitor/jobs", needs: studymail.MayView, page: (*site).jobList},
		{method: "GET", path: "/monitor/jobs/{number}", needs: studymail.MayView, page: (*site).jobShow},
		{method: "GET", path: "/monitor/jobs/cancel", needs: studymail.MayAdminister, page: (*site).jobCancelForm},
		{method: "POST", path: "/monitor/jobs/cancel", needs: studymail.MayAdminister, page: (*site).jobCancel},
		{method: "GET", path: "/monitor/jobs/retry", needs: studymail.MayAdminister, page: (*site).jobRetryForm},
		{method: "POST", path: "/monitor/jobs/retry", needs: studymail.MayAdminister, page: (*site).jobRetry},
		{method: "GET", path: "/monitor/queues/{name}", needs: studymail.MayAdminister, page: (*site).queueForm},
		{method: "POST", path: "/monitor/queues/{name}", needs: studymail.MayAdminister, page: (*site).queueSet},

		// Events.
		{method: "GET", path: "/events", needs: studymail.MayView, page: (*site).eventList},

		// Users.
		{method: "GET", path: "/users", needs: studymail.MayAdminister, page: (*site).userList},
		{method: "POST", path: "/users/show", needs: studymail.MayAdminister, page: (*site).userListShow},
		{method: "GET", path: "/users/new", needs: studymail.MayAdminister, page: (*site).userNew},
		{method: "POST", path: "/users", needs: studymail.MayAdminister, page: (*site).userAdd},
		{method: "GET", path: "/users/{id}", needs: studymail.MayAdminister, page: (*site).userShow},
		{method: "POST", path: "/users/{id}", needs: studymail.MayAdminister, page: (*site).userEdit},
		{method: "POST", path: "/users/{id}/show", needs: studymail.MayAdminister, page: (*site).userShowAddress},
		{method: "POST", path: "/users/{id}/link", needs: studymail.MayAdminister, page: (*site).userLink},
		{method: "POST", path: "/users/{id}/sign-out", needs: studymail.MayAdminister, page: (*site).userSignOut},
		{method: "POST", path: "/users/{id}/second-factor/off", needs: studymail.MayAdminister, page: (*site).userSecondFactorOff},

		// Settings.
		{method: "GET", path: "/settings", needs: studymail.MayAdminister, page: (*site).settings},
		{method: "POST", path: "/settings/test", needs: studymail.MayAdminister, page: (*site).settingsTest},

		// Mailbox: with the Maildir transport only.
		{method: "GET", path: mailbox, needs: studymail.MayView, page: (*site).mailboxList},
		{method: "POST", path: mailbox + "/{id}", needs: studymail.MaySeeDetails, page: (*site).mailboxRead},
		{method: "GET", path: mailbox + "/{id}/letter", needs: studymail.MaySeeDetails, page: (*site).mailboxLetter},
	}
}

// places are the entries of the navigation, in its order. One whose route is not
// in the table is not shown, nor is one that the user may not see.
var places = []place{
	{"Home", "/"},
	{"Patients", "/patients"},
	{"Studies", "/studies"},
	{"Care providers", "/providers"},
	{"Templates", "/templates"},
	{"Campaigns", "/campaigns"},
	{"Messages", "/messages"},
	{"Feedback", "/feedback"},
	{"Suppression", "/suppression"},
	{"Imports", "/imports"},
	{"Schedules", "/schedules"},
	{"Monitor", "/monitor"},
	{"Mailbox", mailbox},
	{"Events", "/events"},
	{"Users", "/users"},
	{"Settings", "/settings"},
}

// mailbox is a place only where mails are files of ours.
const mailbox = "/mailbox"

type place struct{ Title, Path string }
