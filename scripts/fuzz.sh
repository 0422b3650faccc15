#!/bin/bash
# Runs every fuzz target of the module on so many inputs each (200000x by default).
# A failing input is left in the package's testdata/fuzz: commit it with the fix.
set -euo pipefail
inputs=${1:-200000x}

found=0
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./...); do
	dir=$(go list -f '{{.Dir}}' "$package")
	grep -qs '^func Fuzz' "$dir"/*_test.go || continue
	for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz'); do
		found=$((found + 1))
		echo "== $package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$inputs" "$package"
	done
done
echo "fuzz: $found targets, $inputs each, nothing found"
[ $found -gt 0 ]
