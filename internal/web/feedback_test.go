package web

import (
	"context"
	"strings"
	"testing"

	"studymail"
	"studymail/internal/audience"
	"studymail/internal/store"
)

// bounceOf is a delivery status notification about a letter, which quotes an address.
func bounceOf(message studymail.ID, status, said string) string {
	return strings.ReplaceAll(`From: MAILER-DAEMON@mx.example.net
To: studies@example.org
Subject: Undelivered Mail
Message-ID: <`+message.String()+status+`@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Original-Envelope-Id: `+message.String()+`
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; zoe000@quxworth.example
Action: failed
Status: `+status+`
Diagnostic-Code: smtp; `+said+`

--b--
`, "\n", "\r\n")
}

// takes takes a mail in.
func (h *house) takes(t *testing.T, mail string) studymail.Feedback {
	t.Helper()
	taken, err := h.site.Feedback.Take(context.Background(), studymail.FromSMTP, strings.NewReader(mail))
	if err != nil {
		t.Fatal(err)
	}
	return taken.Feedback
}

// optsOut is a patient's click on the opt-out page.
func (h *house) optsOut(t *testing.T, message studymail.ID, scope studymail.OptOutScope) studymail.Feedback {
	t.Helper()
	taken, err := h.site.Feedback.OptOut(context.Background(), studymail.FromLink, message, scope)
	if err != nil {
		t.Fatal(err)
	}
	return taken.Feedback
}

// A bounce, an opt-out, and a mail that nobody understands: each is found by filters,
// shown without a detail, and its mail only to those with the right. Seen to fail: with
// the mail shown by a GET, and without the event of it.
func TestWhatCameBackIsShownAndFiltered(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	w.becomes(id, studymail.Sent, studymail.Sent, studymail.Sent, studymail.Sent)
	all := w.messages(id)
	hard := w.takes(t, bounceOf(all[0].ID, "5.1.1", "550 5.1.1 <zoe000@quxworth.example>: no such user"))
	if hard.State != studymail.FeedbackApplied {
		t.Fatalf("the bounce is %s", hard.State)
	}
	out := w.optsOut(t, all[1].ID, studymail.OptOutAll)
	odd := w.takes(t, "From: Anna <anna@example.org>\r\nTo: studies@example.org\r\nSubject: <script>alert(1)</script> hello\r\nMessage-ID: <odd@example.org>\r\n\r\nIs this </pre><img src=x onerror=alert(1)> real? anna@example.org\r\n")
	viewer, coordinator := w.as(studymail.Viewer), w.as(studymail.Coordinator)
	oddPath, hardPath := "/feedback/"+odd.ID.String(), "/feedback/"+hard.ID.String()
	for _, tt := range []struct {
		path   string
		status int
		has    []string
		hasNot []string
	}{
		{"/feedback", 200, []string{"3 feedback", "No such mailbox", "Opted out of all research mail", "Applied: 2", "Not understood: 1", "nobody looked yet: 1"}, []string{"@example.org<", "anna@"}},
		{"/feedback?state=kept", 200, []string{"1 feedback", oddPath}, []string{hardPath}},
		{"/feedback?state=kept&seen=no", 200, []string{"1 feedback"}, nil},
		{"/feedback?kind=hard", 200, []string{"1 feedback", hardPath}, []string{oddPath}},
		{"/feedback?class=no+such+mailbox&source=smtp&state=applied", 200, []string{"1 feedback"}, nil},
		{"/feedback?source=imap", 200, []string{"Nothing like that came back"}, nil},
		{"/feedback?message=" + all[0].ID.String(), 200, []string{"1 feedback", "Only for message"}, nil},
		{"/feedback?patient=" + all[1].PatientID.String(), 200, []string{"1 feedback", "Only for patient"}, nil},
		{"/feedback?patient=anna@example.org", 422, nil, nil},
		{"/feedback?kind=nonsense", 422, nil, nil},
		{"/feedback/effects", 200, []string{"No such mailbox", "Not contactable, in all studies", "Suppressed (no such mailbox)"}, nil},
		{hardPath, 200, []string{"550 5.1.1", "Not contactable", "The address is suppressed since", "/messages/" + all[0].ID.String(), "/patients/" + all[0].PatientID.String()}, []string{"zoe000@", "Undo…"}},
		{oddPath, 200, []string{"belongs to no letter of ours", "takes the right to see personal details"}, []string{"anna@example.org", "Show the mail"}},
		{"/feedback/" + studymail.NewID().String(), 404, []string{"no such feedback"}, nil},
		{"/messages/" + all[0].ID.String(), 200, []string{"Bounced: hard", "What came back", "no such user"}, []string{"zoe000@"}},
		{"/patients/" + all[0].PatientID.String(), 200, []string{"What came back", "No such mailbox"}, []string{"zoe000@"}},
	} {
		viewer.get(tt.path).expect(t, tt.path, tt.status, tt.has, tt.hasNot)
	}
	viewer.post(oddPath+"/show").expect(t, "the mail, to a viewer", 403, nil, []string{"anna@"})
	coordinator.get(oddPath).expect(t, "the feedback, to a coordinator", 200, []string{"Show the mail", "Mark as looked at"}, []string{"anna@"})
	coordinator.post(oddPath+"/show").expect(t, "the mail", 200, []string{"anna@example.org", "&lt;/pre&gt;&lt;img", "&lt;script&gt;"}, []string{"<img src=x", "<script>alert"})
	if got := w.events(1); got != "feedback shown" {
		t.Errorf("the event of the mail is %q", got)
	}
	viewer.get("/feedback?state=kept&seen=no").expect(t, "after it was looked at", 200, []string{"Nothing like that came back"}, nil)
	coordinator.get("/feedback/"+out.ID.String()).expect(t, "the opt-out", 200, []string{"every study that the person is added to later", "Undo…"}, nil)
}

// Seen to fail: without "sure" for what the patient said themselves, and without the
// frozen numbers (a patient set meanwhile was not spoken of).
func TestFeedbackIsUndoneWithAReason(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	w.becomes(id, studymail.Sent, studymail.Sent, studymail.Sent, studymail.Sent)
	all := w.messages(id)
	f := w.optsOut(t, all[0].ID, studymail.OptOutAll)
	path := "/feedback/" + f.ID.String() + "/undo"
	viewer, v := w.as(studymail.Viewer), w.as(studymail.Coordinator)
	viewer.get(path).expect(t, "to a viewer", 403, nil, nil)
	page := v.get(path)
	page.expect(t, "the question", 200, []string{"Undo, and set 1 patient back", "1 suppression of the address will be lifted", "added to later", "Not cancelled again"}, nil)
	form, version := hiddenField(t, page.body, "form"), hiddenField(t, page.body, "version")
	v.post(path, "form", form, "version", version, "why", "asked").expect(t, "not sure", 422, []string{"ick this box"}, nil)
	v.post(path, "form", form, "version", version, "why", "address", "sure", "yes").expect(t, "another reason", 422, []string{"Choose one of these"}, nil)
	v.post(path, "form", form, "version", "20/7/0/0", "why", "asked", "sure", "yes").expect(t, "other numbers", 409, []string{"Somebody else changed this meanwhile"}, nil)
	if p := w.patientOf(t, all[0].PatientID); p.Cancelled != studymail.OptedOut {
		t.Fatalf("undone too early: %s", p.Cancelled)
	}
	for range 2 {
		if r := v.post(path, "form", form, "version", version, "why", "asked", "sure", "yes"); r.status != 303 {
			t.Fatalf("undone: %d\n%s", r.status, r.body)
		}
	}
	v.get("/feedback/"+f.ID.String()).expect(t, "afterwards", 200, []string{"Undone: 1 patient set back, 1 suppression lifted.", "A person took back"}, []string{"Undo…"})
	if p := w.patientOf(t, all[0].PatientID); p.Cancelled != studymail.NotCancelled {
		t.Errorf("the patient is %s", p.Cancelled)
	}
	if got := w.about(f.ID); !strings.Contains(got, "feedback undone asked") {
		t.Errorf("the events of the feedback: %s", got)
	}
}

func (h *house) patientOf(t *testing.T, id studymail.ID) (p store.PatientRow) {
	t.Helper()
	if err := h.store.Read(context.Background(), func(tx *store.Tx) (err error) {
		p, err = tx.PatientByID(context.Background(), id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

// An opt-out of everything is undone from a patient's page: all of it, or only there; and
// what it made is lifted. Seen to fail: with only the patient set (the suppression stayed,
// and a study that the person was added to later was Opted out).
func TestAnOptOutThatIsUndoneOnThePatientsPageLiftsWhatItMade(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{"all", "one"} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			w := newPostroom(t)
			id := w.running(audience.New{})
			w.becomes(id, studymail.Sent, studymail.Sent, studymail.Sent, studymail.Sent)
			m := w.messages(id)[0]
			p := w.patientOf(t, m.PatientID)
			other := studymail.Patient{Person: p.Person, Study: w.b.Key, Provider: p.Provider}
			w.write(func(tx *store.Tx) error { return tx.AddPatient(context.Background(), &other) })
			w.optsOut(t, m.ID, studymail.OptOutAll)
			if o := w.patientOf(t, other.ID); o.Cancelled != studymail.OptedOut {
				t.Fatalf("elsewhere: %s", o.Cancelled)
			}
			v, path := w.as(studymail.Coordinator), "/patients/"+p.ID.String()+"/restore"
			page := v.get(path)
			page.expect(t, "the question", 200, []string{"opted out of all research mail", "Their address is suppressed by it", "How far it is undone", "and in study B "}, nil)
			send := []string{"form", hiddenField(t, page.body, "form"), "version", hiddenField(t, page.body, "version"), "why", "asked", "sure", "yes"}
			v.post(path, send...).expect(t, "without a scope", 422, []string{"Choose one of these"}, nil)
			if r := v.post(path, append(send, "scope", scope)...); r.status != 303 {
				t.Fatalf("%d\n%s", r.status, r.body)
			}
			v.get("/patients/"+p.ID.String()).expect(t, "afterwards", 200, []string{"The cancellation is undone", "not suppressed by it any more"}, nil)
			want, later := studymail.NotCancelled, studymail.NotCancelled
			if scope == "one" {
				want, later = studymail.OptedOut, studymail.OptedOut
			}
			if here := w.patientOf(t, p.ID); here.Cancelled != studymail.NotCancelled {
				t.Errorf("here: %s", here.Cancelled)
			}
			if o := w.patientOf(t, other.ID); o.Cancelled != want {
				t.Errorf("elsewhere: %s, want %s", o.Cancelled, want)
			}
			study := studymail.Study{Name: "Later", Active: true}
			third := studymail.Patient{Person: p.Person, Provider: p.Provider}
			w.write(func(tx *store.Tx) error {
				if err := tx.AddStudy(context.Background(), &study); err != nil {
					return err
				}
				third.Study = study.Key
				if err := tx.AddPatient(context.Background(), &third); err != nil {
					return err
				}
				n, err := tx.CountSuppressions(context.Background())
				if n != 0 {
					t.Errorf("%d addresses are suppressed", n)
				}
				return err
			})
			if third.Cancelled != later {
				t.Errorf("in a later study: %s, want %s", third.Cancelled, later)
			}
		})
	}
}

// Who was refused at the hand-over is set back with their address: else they would stand
// as in study and get nothing.
func TestAnAddressThatWasRefusedIsMailedAgainWhenThePatientIsSetBack(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	id := w.running(audience.New{})
	p := w.patientOf(t, w.messages(id)[0].PatientID)
	suppressed := func() (n int) {
		w.write(func(tx *store.Tx) (err error) {
			n, err = tx.CountSuppressions(context.Background())
			return err
		})
		return n
	}
	w.write(func(tx *store.Tx) error {
		person, err := tx.PersonByKey(context.Background(), p.Person)
		if err != nil {
			return err
		}
		return tx.MarkAddressDead(context.Background(), p.ID, person.Revision, "worker")
	})
	if suppressed() != 1 {
		t.Fatal("the address is not suppressed")
	}
	v, path := w.as(studymail.Coordinator), "/patients/"+p.ID.String()+"/restore"
	page := v.get(path)
	page.expect(t, "the question", 200, []string{"A mail server refused their address as none of its own"}, []string{"that stays"})
	if r := v.post(path, "form", hiddenField(t, page.body, "form"), "version", hiddenField(t, page.body, "version"), "why", "address"); r.status != 303 {
		t.Fatalf("%d\n%s", r.status, r.body)
	}
	if now := w.patientOf(t, p.ID); now.Cancelled != studymail.NotCancelled || suppressed() != 0 {
		t.Errorf("the patient is %s, %d addresses are suppressed", now.Cancelled, suppressed())
	}
}

// Seen to fail: with the address in the redirect, and without "sure".
func TestAnAddressIsSuppressedLookedUpAndLifted(t *testing.T) {
	t.Parallel()
	w := newPostroom(t)
	viewer, v := w.as(studymail.Viewer), w.as(studymail.Coordinator)
	viewer.get("/suppression").expect(t, "an empty list", 200, []string{"No address is suppressed"}, []string{"Suppress the address", "Look up"})
	viewer.post("/suppression", "address", "a@example.org", "reason", "asked").expect(t, "a viewer adds", 403, nil, nil)
	viewer.post("/suppression/look", "email", "a@example.org").expect(t, "a viewer looks", 403, nil, nil)
	v.post("/suppression", "address", "no address", "reason", "asked").expect(t, "no address", 422, []string{"rite an address alone"}, nil)
	v.post("/suppression", "address", "anna@example.org").expect(t, "no reason", 422, []string{"Choose one of these"}, nil)
	v.post("/suppression", "reason", "asked").expect(t, "nothing", 422, []string{"ype an address"}, nil)
	v.post("/suppression/look", "email", "anna@example.org").expect(t, "looked up before", 200, []string{"This address is not suppressed."}, []string{"anna@"})
	r := v.post("/suppression", "address", "Anna@example.org", "reason", "asked")
	if r.status != 303 || !strings.HasPrefix(r.to, "/suppression/0") || strings.Contains(r.to, "nna") {
		t.Fatalf("added: %d to %s", r.status, r.to)
	}
	v.get(r.to).expect(t, "its page", 200, []string{"The address is suppressed", "Whoever"}, []string{"nna@"})
	if again := v.post("/suppression", "address", "anna@example.org", "reason", "other"); again.to != r.to {
		t.Errorf("added again: to %s, want %s", again.to, r.to)
	}
	v.get(r.to).expect(t, "again", 200, []string{"suppressed already"}, nil)
	if look := v.post("/suppression/look", "email", "anna@example.org"); look.to != r.to {
		t.Errorf("looked up: to %s", look.to)
	}
	viewer.get("/suppression").expect(t, "the list", 200, []string{"1 suppression", "Asked", "By hand"}, []string{"nna@"})
	viewer.get(r.to).expect(t, "its page, to a viewer", 200, nil, []string{"Lift 1"})
	viewer.post(r.to+"/lift", "why", "mistake", "sure", "yes").expect(t, "a viewer lifts", 403, nil, nil)
	v.post(r.to+"/lift", "why", "mistake").expect(t, "not sure", 422, []string{"ick this box"}, nil)
	if lifted := v.post(r.to+"/lift", "why", "mistake", "sure", "yes"); lifted.status != 303 {
		t.Errorf("lifted: %d\n%s", lifted.status, lifted.body)
	}
	v.get(r.to).expect(t, "afterwards", 404, []string{"is mailed again"}, nil)
	if got := w.events(5); got != "suppression lifted, suppression looked up, address suppressed, suppression looked up, signed in" {
		t.Errorf("the events: %s", got)
	}
	if log := w.log.String(); strings.Contains(log, "nna@") {
		t.Errorf("the log: %s", log)
	}
}
