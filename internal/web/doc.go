// Package web answers over HTTP: health for machines today, pages for people
// later. It may import the nouns and what it shows; it must not plan, send or
// hold SQL. No personal detail stands in any URL.
package web
