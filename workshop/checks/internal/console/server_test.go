package console

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestACommandOfAProgramIsNoServer(t *testing.T) {
	for command, server := range map[string]bool{
		"go run ./step5-hardening/cmd/bookapi":                                 true,
		"go run ./step5-hardening/cmd/bookapi -tls-cert cert.pem":              true,
		"go run -C solutions ./step5-hardening/cmd/bookapi":                    true,
		"echo secret | go run ./step4-authz/cmd/bookapi admin add grace":       false,
		"export BOOKAPI_KEYS=$(go run ./step5-hardening/cmd/bookapi keys new)": false,
		"go run ./step1-hashing/cmd/crack":                                     false,
	} {
		assert.Equal(t, server, isServer(command), command)
	}
}
