package proof

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	. "example.com/bookapi/bookapitest"
)

// TestOAuth2ClientLogsIn uses golang.org/x/oauth2 as it is: nobody here wrote
// the client, and it knows of us only the address.
func TestOAuth2ClientLogsIn(t *testing.T) {
	t.Parallel()
	address := start(t, build(t, "step3-protect"), filepath.Join(t.TempDir(), "bookapi.db")).address
	signUp(t, address, Ada, AdaPassword)
	config := oauth2.Config{ClientID: "any", Endpoint: oauth2.Endpoint{TokenURL: address + "/token"}}

	_, err := config.PasswordCredentialsToken(t.Context(), Ada, MalloryPassword)
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "invalid_grant", refused.ErrorCode)

	token, err := config.PasswordCredentialsToken(t.Context(), Ada, AdaPassword)
	require.NoError(t, err)
	assert.True(t, token.Valid())

	answer, err := config.Client(t.Context(), token).Post(address+"/books", "application/json", strings.NewReader(book))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusCreated, answer.StatusCode)
}
