package studymail

import "slices"

// Permission is something that a user may do. Every page names the one that it
// needs (internal/web/routes.go).
type Permission string

// The permissions.
const (
	MayView       Permission = "view"       // look at everything but personal details
	MayEdit       Permission = "edit"       // change data: care providers, studies, patients; import
	MayWrite      Permission = "templates"  // write templates
	MaySend       Permission = "send"       // start, pause and cancel campaigns; ad hoc letters; settle messages
	MaySeeDetails Permission = "details"    // see personal details, each time with an event
	MayAdminister Permission = "administer" // users, schedules, the engine, settings
)

// Permissions lists all of them.
func Permissions() []Permission {
	return []Permission{MayView, MayEdit, MayWrite, MaySend, MaySeeDetails, MayAdminister}
}

// Role is a set of permissions with a name.
type Role string

// The roles. Each may do all that the one before it may.
const (
	Viewer        Role = "viewer"
	Coordinator   Role = "coordinator"
	Sender        Role = "sender"
	Administrator Role = "administrator"
)

// roles says who may do what, and how a role is told to people.
var roles = []struct {
	role        Role
	name        string
	words       string
	permissions []Permission
}{
	{Viewer, "Viewer", "sees everything but personal details", []Permission{MayView}},
	{Coordinator, "Coordinator", "also edits data, imports, writes templates and sees personal details", []Permission{MayView, MayEdit, MayWrite, MaySeeDetails}},
	{Sender, "Sender", "also sends: starts, pauses and cancels campaigns", []Permission{MayView, MayEdit, MayWrite, MaySeeDetails, MaySend}},
	{Administrator, "Administrator", "also manages users, schedules, workers and settings", Permissions()},
}

// Roles lists all roles, the one that may least first.
func Roles() []Role {
	all := make([]Role, len(roles))
	for i, r := range roles {
		all[i] = r.role
	}
	return all
}

// ParseRole reads a role as it is stored and typed.
func ParseRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", Errorf(Invalid, "a role is viewer, coordinator, sender or administrator")
}

// Name is the role's name as pages show it.
func (r Role) Name() string {
	for _, row := range roles {
		if row.role == r {
			return row.name
		}
	}
	return ""
}

// Words say what the role may do.
func (r Role) Words() string {
	for _, row := range roles {
		if row.role == r {
			return row.words
		}
	}
	return ""
}

// May tells whether the role has a permission. An unknown role has none.
func (r Role) May(p Permission) bool {
	for _, row := range roles {
		if row.role == r {
			return slices.Contains(row.permissions, p)
		}
	}
	return false
}
