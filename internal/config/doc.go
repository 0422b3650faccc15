// Package config reads the configuration: one struct from the environment and
// .env. Every option stands in one table (options.go): its name, default, words
// and how it is read; .env.template and the page in the documentation are made
// from it, so that none of the three can say something else.
//
// Load reports all wrong values at once, each with its variable, what was found
// and what is allowed; a secret, a password in DATABASE_URL and a line of .env
// are never quoted. Secrets are sealed.Secret and print [redacted].
//
// It is layer 2: it imports the root package, internal/sealed and godotenv. It
// reads files and nothing else: it opens no database, log or network, and is
// read by internal/app, which hands each package what it needs.
package config
