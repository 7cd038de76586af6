package proof

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
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

// TestOAuth2ClientRefreshesByItself lets the access token end. The client notices,
// refreshes, and goes on, without the password and without a word from us.
func TestOAuth2ClientRefreshesByItself(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	server := httptest.NewServer(w)
	defer server.Close()
	config := oauth2.Config{ClientID: "any", Endpoint: oauth2.Endpoint{TokenURL: server.URL + "/token"}}
	first, err := config.PasswordCredentialsToken(t.Context(), Ada, AdaPassword)
	require.NoError(t, err)
	require.NotEmpty(t, first.RefreshToken)

	w.now = w.now.Add(token.Lifetime + time.Second)
	require.Equal(t, http.StatusUnauthorized, w.me(t, first.AccessToken), "the access token has ended")
	first.Expiry = time.Now().Add(-time.Second) // the client's clock is not ours to move

	source := config.TokenSource(t.Context(), first)
	answer, err := oauth2.NewClient(t.Context(), source).Get(server.URL + "/me")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	next, err := source.Token()
	require.NoError(t, err)
	assert.NotEqual(t, first.AccessToken, next.AccessToken)
	assert.NotEqual(t, first.RefreshToken, next.RefreshToken, "the client keeps the new refresh token")
}
