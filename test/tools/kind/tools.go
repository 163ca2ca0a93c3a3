//go:build tools

// Package tools pins the kind that the suites of test/e2e use.
package tools

import _ "sigs.k8s.io/kind"
