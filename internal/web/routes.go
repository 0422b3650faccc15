package web

import "studymail"

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
		{method: "GET", path: "/assets/{file}", needs: public, page: (*site).asset},

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

		// Studies.

		// Care providers.

		// Templates.

		// Campaigns.

		// Messages.

		// Imports.

		// Schedules.

		// Monitor.

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

		// Mailbox: with the Maildir transport only.
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
