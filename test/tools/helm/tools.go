//go:build tools

// Package tools names the command that the tests build.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
