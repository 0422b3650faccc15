package webtest

import (
	"strings"

	"studymail"
)

// Page is a row of the table of all pages.
type Page struct {
	Name string         // of its pictures
	As   studymail.Role // "": nobody
	At   string
	Of   func(w *World) string // the path, where it has a UUID in it
	Do   func(t *Tab)          // what to do there first, such as pressing a button that answers with a page
}

// Pages are all of them. Add yours.
func Pages() []Page {
	return []Page{
		{Name: "login", At: "/login"},
		{Name: "login-refused", At: "/login", Do: func(t *Tab) {
			t.Fill("E-mail address", "nobody@example.org").Fill("Password", "not a password at all").Go("Sign in").Sees("do not fit together")
		}},
		{Name: "opt-out", Of: func(w *World) string { return w.OptOut }},
		{Name: "opt-out-done", Of: func(w *World) string { return w.OptOut }, Do: func(t *Tab) { t.Go("Stop these letters").Sees("You need not do anything else") }},
		{Name: "opt-out-broken-link", At: "/u/cut-off"},
		{Name: "home", As: studymail.Administrator, At: "/"},
		{Name: "account", As: studymail.Viewer, At: "/account"},
		{Name: "account-secondfactor", As: studymail.Viewer, At: "/account/second-factor"},
		{Name: "account-secondfactor-begun", As: studymail.Coordinator, At: "/account/second-factor", Do: func(t *Tab) {
			if strings.Contains(t.Text(), "Your password") { // the first time
				t.Fill("Your password", Password).Go("Begin")
			}
			t.Sees("Or type this key")
		}},
		{Name: "events", As: studymail.Administrator, At: "/events"},
		{Name: "events-none", As: studymail.Viewer, At: "/events?since=2020-01-01&until=2020-01-02"},
		{Name: "users", As: studymail.Administrator, At: "/users"},
		{Name: "users-new", As: studymail.Administrator, At: "/users/new"},
		{Name: "users-new-wrong", As: studymail.Administrator, At: "/users/new", Do: func(t *Tab) {
			t.Fill("E-mail address", Address(studymail.Viewer)).Go("Add the user").Sees("already")
		}},
		{Name: "user", As: studymail.Administrator, Of: func(w *World) string { return "/users/" + w.Users[studymail.Sender].ID.String() }},
		{Name: "user-link", As: studymail.Administrator, Of: func(w *World) string { return "/users/" + w.Users[studymail.Sender].ID.String() }, Do: func(t *Tab) {
			t.Go("Make a link to set a new password").Sees("is shown only now")
		}},
		{Name: "patients", As: studymail.Sender, At: "/patients"},
		{Name: "patients-filtered", As: studymail.Sender, At: "/patients?in_study=no&sort=-updated&size=25", Do: func(t *Tab) { t.Press("Numbers for each filter") }},
		{Name: "patients-none", As: studymail.Viewer, At: "/patients?outcome=failed"},
		{Name: "patients-search-wrong", As: studymail.Coordinator, At: "/patients", Do: func(t *Tab) {
			t.Fill("Search by UUID", "nobody").Go("Search").Sees("Nobody has exactly that")
		}},
		{Name: "patients-status", As: studymail.Coordinator, At: "/patients", Do: func(t *Tab) {
			t.Fill("Select all", "yes").Go("Set status…").Sees("all 61 patients")
		}},
		{Name: "patients-status-confirm", As: studymail.Coordinator, At: "/patients", Do: func(t *Tab) {
			t.Fill("Select all", "yes").Go("Set status…").Fill("Engaged", "yes").Go("Continue").Sees("Who stays as they are")
		}},
		{Name: "patients-cancel", As: studymail.Coordinator, At: "/patients", Do: func(t *Tab) {
			t.Fill("Tick all 50 on this page", "yes").Go("Cancel…").Go("Continue").Sees("Choose one of these")
		}},
		{Name: "patients-export", As: studymail.Coordinator, At: "/patients", Do: func(t *Tab) {
			t.Fill("Select all", "yes").Go("Export CSV…").Sees("Export 61 patients")
		}},
		{Name: "patients-new", As: studymail.Coordinator, At: "/patients/new"},
		{Name: "patients-new-wrong", As: studymail.Coordinator, At: "/patients/new", Do: func(t *Tab) {
			t.Fill("Study", "Walking").Fill("Care provider", "Smith's Surgery (ABCD001)").Fill("Username", "x").Fill("E-mail address", "x@nowhere").Go("Add the patient").Sees("no dot")
		}},
		{Name: "patient", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[3].ID.String() }},
		{Name: "patient-shown", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[4].ID.String() }, Do: func(t *Tab) {
			t.Go("Show the details").Sees("user.004@example.org")
		}},
		{Name: "patient-viewer", As: studymail.Viewer, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[43].ID.String() }},
		{Name: "patient-details", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[5].ID.String() }, Do: func(t *Tab) {
			t.Go("Correct the details").Sees("That you saw them is noted")
		}},
		{Name: "patient-cancel", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[6].ID.String() + "/cancel" }},
		{Name: "patient-restore", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[43].ID.String() + "/restore" }},
		{Name: "patient-erase", As: studymail.Administrator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[7].ID.String() + "/erase" }},
		{Name: "patient-erase-wrong", As: studymail.Administrator, Of: func(w *World) string { return "/patients/" + w.Ward.Patients[7].ID.String() + "/erase" }, Do: func(t *Tab) {
			t.Go("Erase this person for good").Sees("I have read what goes and what stays")
		}},
		{Name: "studies", As: studymail.Coordinator, At: "/studies"},
		{Name: "studies-new", As: studymail.Coordinator, At: "/studies/new"},
		{Name: "study", As: studymail.Coordinator, Of: func(w *World) string { return "/studies/" + w.Ward.Study.ID.String() }},
		{Name: "study-edit", As: studymail.Coordinator, Of: func(w *World) string { return "/studies/" + w.Ward.Study.ID.String() + "/edit" }},
		{Name: "study-active", As: studymail.Coordinator, Of: func(w *World) string { return "/studies/" + w.Ward.Study.ID.String() + "/active" }},
		{Name: "providers", As: studymail.Coordinator, At: "/providers"},
		{Name: "providers-new-wrong", As: studymail.Coordinator, At: "/providers/new", Do: func(t *Tab) {
			t.Fill("Name", "A practice").Fill("ODS code", "no code").Go("Add the care provider").Sees("1 to 8 letters and digits")
		}},
		{Name: "provider", As: studymail.Coordinator, Of: func(w *World) string { return "/providers/" + w.Ward.Provider.ID.String() }},
		{Name: "templates", As: studymail.Coordinator, At: "/templates"},
		{Name: "templates-none", As: studymail.Viewer, At: "/templates?state=archived"},
		{Name: "template-new", As: studymail.Coordinator, At: "/templates/new", Do: func(t *Tab) {
			t.SeesInFrame("Dear Anna Example").Sees("care_provider_ods_code")
		}},
		{Name: "template-new-wrong", As: studymail.Coordinator, At: "/templates/new", Do: func(t *Tab) {
			t.Fill("Name", "Invitation").Fill("Letter", "Dear {{ first_name }}").Go("Add the template").Sees("did you mean {{ patient_first_name }}?")
		}},
		{Name: "template", As: studymail.Coordinator, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() }},
		{Name: "template-viewer", As: studymail.Viewer, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() + "?version=1" }, Do: func(t *Tab) { t.Fill("Plain text", "yes") }},
		{Name: "template-patient", As: studymail.Coordinator, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() }, Do: func(t *Tab) {
			t.Go("Take some patient in study").Sees("with masks").Fill("On a phone", "yes")
		}},
		{Name: "template-edit", As: studymail.Coordinator, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() + "/edit" }},
		{Name: "template-versions", As: studymail.Viewer, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() + "/versions" }},
		{Name: "template-settings", As: studymail.Coordinator, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() + "/settings" }},
		{Name: "template-archive", As: studymail.Coordinator, Of: func(w *World) string { return "/templates/" + w.Ward.Template.ID.String() + "/archive" }},
		{Name: "imports", As: studymail.Coordinator, At: "/imports"},
		{Name: "imports-none", As: studymail.Viewer, Of: func(w *World) string { return "/imports?study=" + w.Ward.Study.ID.String() }},
		{Name: "import-new", As: studymail.Coordinator, At: "/imports/new"},
		{Name: "import-new-wrong", As: studymail.Coordinator, At: "/imports/new", Do: func(t *Tab) {
			t.Fill("Study", "Walking").Upload("File", t.product.World.Imports.Picture).Go("Upload and check").Sees("This is a picture")
		}},
		{Name: "import-columns", As: studymail.Coordinator, Of: func(w *World) string { return "/imports/" + w.Imports.Received.String() }},
		{Name: "import-problems", As: studymail.Coordinator, Of: func(w *World) string { return "/imports/" + w.Imports.Checked.String() }},
		{Name: "import-problems-shown", As: studymail.Coordinator, Of: func(w *World) string { return "/imports/" + w.Imports.Checked.String() }, Do: func(t *Tab) {
			t.Go("Show the values").Sees("nowhere").Press("Worth a look")
		}},
		{Name: "import-done", As: studymail.Viewer, Of: func(w *World) string { return "/imports/" + w.Imports.Done.String() }},
		{Name: "home-empty-of-rights", As: studymail.Viewer, At: "/"},
		{Name: "schedules", As: studymail.Administrator, At: "/schedules"},
		{Name: "schedules-new", As: studymail.Administrator, At: "/schedules/new", Do: func(t *Tab) {
			t.Fill("Tuesday", "yes").Press("Show the next times").Sees("Every Tuesday at 09:00")
		}},
		{Name: "schedules-new-wrong", As: studymail.Administrator, At: "/schedules/new", Do: func(t *Tab) {
			t.Fill("Name", "Nights").Fill("By a cron expression", "yes").Fill("Cron expression", "0 9 31 2 *").Go("Add the schedule").Sees("never comes true")
		}},
		{Name: "schedule", As: studymail.Administrator, Of: func(w *World) string { return "/schedules/" + w.Desk.Schedule.ID.String() }},
		{Name: "schedule-edit", As: studymail.Administrator, Of: func(w *World) string { return "/schedules/" + w.Desk.Schedule.ID.String() + "/edit" }},
		{Name: "schedule-run", As: studymail.Administrator, Of: func(w *World) string { return "/schedules/" + w.Desk.Schedule.ID.String() + "/run" }},
		{Name: "schedule-off", As: studymail.Administrator, Of: func(w *World) string { return "/schedules/" + w.Desk.Schedule.ID.String() + "/enabled" }},
		{Name: "monitor", As: studymail.Administrator, At: "/monitor?span=month"},
		{Name: "monitor-viewer", As: studymail.Viewer, At: "/monitor"},
		{Name: "monitor-queue", As: studymail.Administrator, At: "/monitor/queues/plan"},
		{Name: "jobs", As: studymail.Administrator, At: "/monitor/jobs"},
		{Name: "jobs-none", As: studymail.Viewer, At: "/monitor/jobs?state=given+up"},
		{Name: "job", As: studymail.Administrator, Of: func(w *World) string { return w.Desk.jobPath() }},
		{Name: "settings", As: studymail.Administrator, At: "/settings"},
		{Name: "settings-tested", As: studymail.Administrator, At: "/settings", Do: func(t *Tab) {
			t.Go("Test the folder that mail goes to").Sees("Tried just now")
		}},
		{Name: "patients-send", As: studymail.Sender, At: "/patients", Do: func(t *Tab) {
			t.Fill("Select all", "yes").Go("Send e-mail…").Sees("This is for all")
		}},
		{Name: "patients-send-review", As: studymail.Sender, At: "/patients", Do: func(t *Tab) {
			t.Fill("Select all", "yes").Go("Send e-mail…").Fill("Letter", "Reminder").Go("Continue").Sees("What they will read")
		}},
		{Name: "messages", As: studymail.Sender, At: "/messages"},
		{Name: "messages-none", As: studymail.Viewer, At: "/messages?state=failed&since=2020-01-01&until=2020-01-02"},
		{Name: "messages-wrong", As: studymail.Viewer, At: "/messages?since=soon"},
		{Name: "message", As: studymail.Sender, Of: func(w *World) string { return "/messages/" + w.Post.Letter.String() }},
		{Name: "message-mail", As: studymail.Administrator, Of: func(w *World) string { return "/messages/" + w.Post.Letter.String() }, Do: func(t *Tab) {
			t.Go("Show the mail").Sees("The whole mail")
		}},
		{Name: "mailbox", As: studymail.Viewer, At: "/mailbox"},
		{Name: "campaigns", As: studymail.Sender, At: "/campaigns"},
		{Name: "campaigns-none", As: studymail.Viewer, At: "/campaigns?state=cancelled"},
		{Name: "campaign-new", As: studymail.Sender, At: "/campaigns/new"},
		{Name: "campaign-new-who", As: studymail.Sender, Of: func(w *World) string { return newCampaign(w, "who") }},
		{Name: "campaign-new-letter", As: studymail.Sender, Of: func(w *World) string { return newCampaign(w, "letter") }},
		{Name: "campaign-new-when", As: studymail.Sender, Of: func(w *World) string { return newCampaign(w, "letter") }, Do: func(t *Tab) {
			t.Fill("Which letter", "Invitation, version 2").Go("Continue").Fill("Again and again", "yes").Sees("The next times:")
		}},
		{Name: "campaign-new-reminders-wrong", As: studymail.Sender, Of: func(w *World) string { return newCampaign(w, "letter") }, Do: func(t *Tab) {
			t.Fill("Which letter", "Invitation, version 2").Go("Continue").Go("Continue").Fill("Reminder 1: days later", "7").Go("Save as a draft").Sees("Choose a letter, or empty both fields")
		}},
		{Name: "campaign-draft", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Draft.String() }},
		{Name: "campaign-review", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Draft.String() + "/start" }},
		{Name: "campaign", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Sent.String() }},
		{Name: "campaign-waits", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Waits.String() }},
		{Name: "campaign-paused", As: studymail.Viewer, Of: func(w *World) string { return "/campaigns/" + w.Post.Paused.String() }},
		{Name: "campaign-left-out", As: studymail.Viewer, Of: func(w *World) string { return "/campaigns/" + w.Post.Sent.String() + "/left-out" }},
		{Name: "campaign-reminder", As: studymail.Viewer, Of: func(w *World) string { return "/campaigns/" + w.Post.Sent.String() + "/reminder?step=2" }},
		{Name: "campaign-pause", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Waits.String() + "/pause" }},
		{Name: "campaign-resume", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Paused.String() + "/resume" }},
		{Name: "campaign-cancel", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Waits.String() + "/cancel" }},
		{Name: "campaign-discard", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Draft.String() + "/discard" }},
		{Name: "campaign-retry", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Post.Sent.String() + "/retry" }},
		{Name: "feedback", As: studymail.Coordinator, At: "/feedback"},
		{Name: "feedback-none", As: studymail.Viewer, At: "/feedback?kind=complaint"},
		{Name: "feedback-effects", As: studymail.Viewer, At: "/feedback/effects"},
		{Name: "feedback-hard", As: studymail.Coordinator, Of: func(w *World) string { return "/feedback/" + w.Feedback.Hard.String() }},
		{Name: "feedback-mail", As: studymail.Coordinator, Of: func(w *World) string { return "/feedback/" + w.Feedback.Odd.String() }, Do: func(t *Tab) {
			t.Go("Show the mail").Sees("is this letter real?").Press("The whole mail")
		}},
		{Name: "feedback-undo", As: studymail.Coordinator, Of: func(w *World) string { return "/feedback/" + w.Feedback.Out.String() + "/undo" }},
		{Name: "feedback-undo-wrong", As: studymail.Coordinator, Of: func(w *World) string { return "/feedback/" + w.Feedback.Out.String() + "/undo" }, Do: func(t *Tab) {
			t.Go("Undo, and set").Sees("Choose one of these")
		}},
		{Name: "suppression", As: studymail.Coordinator, At: "/suppression"},
		{Name: "suppression-viewer", As: studymail.Viewer, At: "/suppression"},
		{Name: "suppression-wrong", As: studymail.Coordinator, At: "/suppression", Do: func(t *Tab) {
			t.Fill("Address to suppress", "anna@example.org").Go("Suppress the address").Sees("Choose one of these")
		}},
		{Name: "suppression-one", As: studymail.Coordinator, Of: func(w *World) string { return "/suppression/" + w.Feedback.Suppressed.String() }},
		{Name: "suppression-ses", As: studymail.Administrator, At: "/suppression/ses", Do: func(t *Tab) {
			t.Go("Ask Amazon SES").Sees("Bring 2 addresses onto our list")
		}},
		{Name: "message-bounced", As: studymail.Viewer, Of: func(w *World) string { return "/messages/" + w.Feedback.Bounced.String() }},
		{Name: "patient-opted-out", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Feedback.OptedOut.String() }},
		{Name: "patient-restore-opt-out", As: studymail.Coordinator, Of: func(w *World) string { return "/patients/" + w.Feedback.OptedOut.String() + "/restore" }},
		{Name: "campaign-halted", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Feedback.Halted.String() }},
		{Name: "campaign-halted-resume", As: studymail.Sender, Of: func(w *World) string { return "/campaigns/" + w.Feedback.Halted.String() + "/resume" }},
		{Name: "messages-of-a-letter", As: studymail.Viewer, Of: func(w *World) string { return "/messages?campaign=" + w.Post.Sent.String() + "&step=1" }},
		{Name: "resend", As: studymail.Viewer, Of: func(w *World) string { return "/resends/" + w.Feedback.Resend.String() }},
		{Name: "forbidden", As: studymail.Viewer, At: "/users"},
		{Name: "not-found", As: studymail.Viewer, At: "/nowhere"},
	}
}

// newCampaign is a step of a campaign that is planned.
func newCampaign(w *World, step string) string {
	return "/campaigns/new?study=" + w.Ward.Study.ID.String() + "&step=" + step
}
