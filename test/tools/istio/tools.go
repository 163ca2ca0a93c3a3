//go:build tools

// Package tools names the command that the tests build.
package tools

import _ "istio.io/istio/pilot/cmd/pilot-discovery"
