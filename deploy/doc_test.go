// Package deploy holds the files that put studymail into containers. Its tests
// read them and hold them to rules: not root, read-only, health checks, no
// secrets, a database without a network.
package deploy
