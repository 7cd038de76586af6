package proof

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	hardening "example.com/bookapi/step5-hardening"
)

// Whoever goes from bcrypt to Argon2id and back locks nobody out, and each hash
// becomes one of the kind that is chosen now.
func TestAChangeOfTheHashIsNoOneWay(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	clientOf := func(kdf string) *apiClient {
		w := newAPIClient(t, "BOOKAPI_PASSWORDS="+kdf)
		w.store, w.Handler = store, w.app.Handler(store)
		return w
	}
	kind := func() string {
		ada, err := store.User(t.Context(), Ada)
		require.NoError(t, err)
		return strings.Split(ada.PasswordHash, "$")[1]
	}
	clientOf("bcrypt").signUp(t, Ada, AdaPassword)
	for _, kdf := range []string{"argon2id", "bcrypt", "argon2id", "bcrypt"} {
		w := clientOf(kdf)
		wrong, _ := w.token(t, password(Ada, MalloryPassword))
		assert.Equal(t, http.StatusUnauthorized, wrong.Status, kdf)
		for range 2 {
			answer, _ := w.token(t, password(Ada, AdaPassword))
			require.Equal(t, http.StatusOK, answer.Status, "%s: %v", kdf, answer)
		}
		assert.Equal(t, kdf, strings.NewReplacer("2a", "bcrypt", "2b", "bcrypt").Replace(kind()))
	}

	// What bcrypt would not take is compared all the same, and stays.
	long := strings.Repeat("blue teapot ", 10)
	hash, err := hardening.HashArgon2id(long)
	require.NoError(t, err)
	require.NoError(t, store.CreateUser(t.Context(), bookapi.User{Username: Grace, PasswordHash: hash, Role: bookapi.RoleReader}))
	answer, _ := clientOf("bcrypt").token(t, password(Grace, long))
	assert.Equal(t, http.StatusOK, answer.Status, "%v", answer)
}
