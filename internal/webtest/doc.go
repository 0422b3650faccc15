// Package webtest looks at the pages as people do: in a real browser (Debian's
// chromium), on the whole product with an invented clinic in it.
//
// Pages lists every page. The test of it opens each at 1280 and 375 px, light and
// dark, keeps a picture in build/screenshots, and fails on anything that axe-core
// finds (WCAG 2.2 A and AA), on any report of the Content-Security-Policy, any
// error on the console, any request to somewhere else, and on a page that is wider
// than the screen. Whoever adds a page adds a row.
//
// Journeys are tests of their own (journey_*_test.go), with JavaScript and without.
//
// It is linked into tests only.
package webtest
