// Package web is what people see in a browser, and what machines ask for their
// health.
//
// Its promises:
//
//   - routes.go lists every route with the permission that it needs; a route
//     that is not in the table does not exist.
//   - Every answer has the strict Content-Security-Policy: no script, style or
//     address from elsewhere, nothing inline.
//   - No personal detail stands in a URL, a log or an event. Pages show them
//     masked; in full only for somebody with the right, with an event.
//   - Every page and every action works without JavaScript.
//
// docs/pages.md says how to add a page: one file per action, a struct with what
// the page shows, one template.
//
// It imports the nouns and the packages that do the work. It holds no SQL, and
// neither plans nor sends by itself.
package web
