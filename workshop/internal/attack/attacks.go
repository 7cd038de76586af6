package attack

// needs is what an attack cannot do without.
type needs int

const (
	needsNothing needs = iota
	needsLogin         // a known login
	needsUser          // somebody who can log in
	needsOracle        // an operation that tells a token from none
)

// An attack is one thing that mallory tries.
type attack struct {
	id, title string
	cwe       int
	source    string
	mend      string
	exercise  string
	needs     needs
	writes    bool
	try       func(*run) outcome
}

// attacks are all of them, in their order: those that spend attempts at the login
// come last. Where time is short, the cheapest come first; see costs.
var attacks = []attack{
	{
		"no-token", "no token at all", 306, "RFC 9110 §15.5.2, ASVS 5.0 8.3.1",
		"Let a guard stand in front of every operation that changes something or shows what is not for everybody, and refuse by default.", "3.4",
		needsUser, false, noToken,
	},
	{
		"scheme", "the token under another scheme, bare, or with something behind it", 287, "RFC 6750 §2.1",
		`Take the token out of "Authorization: Bearer TOKEN", and out of nothing else.`, "3.1", needsOracle, false, otherSchemes,
	},
	{
		"scheme-case", "the scheme in small letters and in capitals", 178, "RFC 9110 §11.1",
		"Compare the scheme without letter case.", "3.1", needsOracle, false, schemeCase,
	},
	{
		"garbage", "texts that are no token", 20, "RFC 7515 §7.1",
		"Give the text to the library, and refuse at its first error.", "3.2", needsOracle, false, forgeries(shapes),
	},
	{
		"signature", "a signature that is stripped, cut, swapped or of other claims", 347, "RFC 8725 §3.1",
		"Verify the signature before anything else in the token counts: decoding is no verifying.", "3.2", needsOracle, false, forgeries(signatures),
	},
	{
		"algorithm", `"alg":"none" in all spellings, and other algorithms`, 347, "RFC 8725 §3.1",
		"Say which algorithm you accept when you verify, and never take it from the token.", "3.2", needsOracle, false, forgeries(algorithms),
	},
	{
		"header-keys", "a key that the token brings or names: kid, jwk, jku, x5u", 347, "RFC 8725 §3.10",
		"Look the kid up among your own keys, and ignore every other member of the header.", "3.2", needsOracle, false, forgeries(keys),
	},
	{
		"secret", "the signing secret, guessed at home", 1391, "RFC 8725 §3.5, ASVS 5.0 11.5.1",
		"Draw 32 random bytes as the key, keep it in the environment, and change it now: whoever has read the tutorial signs as anybody.", "5.2",
		needsUser, false, guessSecret,
	},
	{
		"expiry", "tokens of ours that have ended, never end, or name nobody", 613, "RFC 8725 §3.8, §3.10",
		"Demand exp and sub, check exp and nbf, and refuse a value that is no number.", "3.2", needsOracle, false, expiry,
	},
	{
		"lifetime", "a token that never ends, or in years", 613, "RFC 8725 §3.10, ASVS 5.0 9.2.1",
		"Set exp a quarter of an hour ahead, in seconds.", "2.1", needsUser, false, lifetime,
	},
	{
		"payload", "secrets in what everybody can read: the payload and the answers", 201, "RFC 7519 §12, ASVS 5.0 15.3.1",
		"Put a name and an end into the token, answer with chosen fields, and leave the row where it is.", "2.1", needsUser, false, readable,
	},
	{
		"token-places", "the token in the address, in a cookie, in the body, in other headers", 598, "RFC 9700 §4.3.2, RFC 6750 §2",
		"Read the token from the Authorization header, and from nowhere else.", "3.1", needsOracle, false, tokenPlaces,
	},
	{
		"two-credentials", "two credentials in one request", 436, "RFC 9110 §5.3",
		"Refuse a request with two Authorization headers.", "3.1", needsOracle, false, twoCredentials,
	},
	{
		"claims", "another name or role in every other place of a request", 290, "ASVS 5.0 8.3.1",
		"Who is calling comes from the verified token, and what they may do from your store: from nothing else in a request.", "3.3", needsOracle, false, claimed,
	},
	{
		"status", "401 and 403 told apart", 393, "RFC 9110 §15.5.2, §15.5.4",
		"Answer 401 with WWW-Authenticate to whom you do not know, and 403 or 404 to whom you know and do not allow.", "3.3", needsOracle, false, statuses,
	},
	{
		"admin", "an operation for administrators, as an ordinary user", 862, "ASVS 5.0 8.2.1",
		"Ask for the role in front of the operation, behind the guard that finds out who is calling.", "4.1", needsUser, false, administration,
	},
	{
		"admin-document", "what the document says is for administrators, as an ordinary user", 862, "ASVS 5.0 8.2.1",
		"Ask for the role in front of all of them at once, where their routes are made.", "4.1", needsOracle, false, documented,
	},
	{
		"object", "another user's object", 639, "ASVS 5.0 8.2.2",
		"Load the object, compare its creator with the caller, and refuse before anything changes.", "4.2", needsOracle, true, othersObject,
	},
	{
		"object-read", "another user's object, read although it is private", 639, "ASVS 5.0 8.2.2",
		"Load the object, compare its creator with the caller before you show it, and answer 404 to others, as the list does.", "4.2",
		needsOracle, true, othersRead,
	},
	{
		"object-claims", "another user's object, with the caller's name where it does not belong", 639, "ASVS 5.0 8.3.1",
		"Load the object that the path names, once, and compare its creator exactly.", "4.2", needsOracle, true, othersObjectClaimed,
	},
	{
		"creator", "a creator of the client's choice", 915, "ASVS 5.0 15.3.3",
		"Take the creator from the verified token, and refuse fields that the client may not set.", "3.4", needsOracle, true, creator,
	},
	{
		"owner", "the owner and the number of an object, set by a client", 915, "ASVS 5.0 15.3.3",
		"Copy the fields that a client may change one by one, and take owner and number from what is stored.", "4.2",
		needsOracle, true, setOwner,
	},
	{
		"role", "a role of the client's choice at sign-up", 915, "ASVS 5.0 15.3.3",
		"Give every new account the smallest role, whatever the form and the name say.", "1.4", needsUser, true, chosenRole,
	},
	{
		"role-change", "a role of the client's choice at a change of the account", 915, "ASVS 5.0 15.3.3",
		"Copy the fields that users may change about themselves one by one: name and picture, and nothing that says what they may do.", "1.4",
		needsUser, true, chosenRoleLater,
	},
	{
		"takeover", "the account of somebody who is there already, by another sign-up", 287, "ASVS 5.0 6.3.1",
		"Refuse a taken name before anything is stored.", "1.4", needsUser, true, takeover,
	},
	{
		"weak-password", "a password of a few characters", 521, "ASVS 5.0 6.2.1",
		"Refuse a password of fewer than eight characters, and say so.", "1.4", needsUser, true, weakPasswords,
	},
	{
		"spellings", "methods and spellings of paths that no guard knows", 424, "ASVS 5.0 4.1.4, 8.3.1",
		"Put the guard at the route and not at a pattern of paths, and serve no path and method that you have not listed.", "3.4", needsOracle, true, spellings,
	},
	{
		"override", "another method in a header or a field", 436, "ASVS 5.0 4.1.4",
		"Leave method override out, or let it run before routing and guards.", "4.3", needsOracle, true, override,
	},
	{
		"injection", "quotes and conditions in values, numbers and parameters of lists", 89, "ASVS 5.0 1.2.4",
		"Hand values to the database as parameters, and look the name of a column up in a list of your own.", "2.3",
		needsUser, false, injection,
	},
	{
		"debug", "routes for debugging and files of the program", 489, "ASVS 5.0 13.4.1, 13.4.5",
		"Serve profilers, metrics and consoles on another port, and no folder that has more in it than what is public.", "4.3", needsNothing, false, debugRoutes,
	},
	{
		"cors", "pages of other origins", 942, "ASVS 5.0 3.4.2",
		"Name the origins that may read your answers, and reflect none.", "2.4", needsNothing, false, cors,
	},
	{
		"markup", "markup in an address, back in a page", 79, "ASVS 5.0 1.2.1",
		"Answer with JSON, or let a template escape what comes from a request.", "2.4", needsNothing, false, markup,
	},
	{
		"body-size", "a body that nobody sends, to what is open to all", 770, "ASVS 5.0 15.2.2, RFC 9110 §15.5.14",
		"Limit how much of a body is read, before anything parses it, and answer 413.", "2.4", needsUser, true, bodySize,
	},
	{
		"https", "plain HTTP where others can listen", 319, "ASVS 5.0 12.2.1", "", "5.5", needsNothing, false, https,
	},
	{
		"no-store", "a token that stays in a cache", 525, "RFC 6749 §5.1",
		"Send Cache-Control: no-store with every answer that holds a token.", "2.4", needsUser, false, noStore,
	},
	{
		"cookie", "a token in a cookie that scripts and other sites can use", 1004, "ASVS 5.0 3.3.2, 3.3.4",
		"Set HttpOnly and SameSite, or set no cookie at all.", "2.4", needsUser, false, cookie,
	},
	{
		"login-query", "name and password in the address", 598, "RFC 6749 §2.3.1, ASVS 5.0 14.2.1",
		"Read the form from the body alone.", "2.4", needsUser, false, loginQuery,
	},
	{
		"login-claims", "a login with a right password in the wrong place, or with none", 290, "RFC 6749 §4.3.2",
		"Read name and password from the form, and nothing else.", "2.4", needsUser, false, loginClaims,
	},
	{
		"refresh-reuse", "a refresh token that was used already", 294, "RFC 9700 §4.14.2",
		"Give a new refresh token at each use, and end the session when an old one comes back.", "5.3", needsUser, false, refreshReuse,
	},
	{
		"refresh-race", "one refresh token, many times at once", 362, "RFC 9700 §4.14.2",
		"Replace the old token in one statement that only one caller can win.", "5.3", needsUser, false, refreshRace,
	},
	{
		"logout", "what works after a logout", 613, "ASVS 5.0 7.4.1, RFC 7009 §2",
		"End the session in the store, and look there at each refresh.", "5.3", needsUser, false, logout,
	},
	{
		"password-change", "what works after a change of the password", 613, "ASVS 5.0 7.4.3, 6.2.3",
		"Ask for the current password, and end every session and token that was issued before.", "5.3", needsUser, true, passwordChange,
	},
	{
		"forgotten", "a forgotten password: whom the answer tells of, and what", 204, "ASVS 5.0 6.3.8, 6.4.3",
		"Answer the same to every address, and send the code by mail alone.", "2.3", needsUser, true, forgotten,
	},
	{
		"removed", "what works after an account was removed or locked", 613, "ASVS 5.0 7.4.2",
		"Look the account up at each request, or end its sessions when it is removed.", "5.3", needsOracle, true, removed,
	},
	{
		"default-password", "accounts with the passwords that programs are delivered with", 1392, "ASVS 5.0 6.3.2",
		"Make no account at the start but the one whose password the operator gives.", "1.4", needsUser, true, defaultPasswords,
	},
	{
		"near-password", "passwords that are nearly right", 287, "ASVS 5.0 6.2.8",
		"Verify the password exactly as typed, to its end.", "1.2", needsUser, true, nearPasswords,
	},
	{
		"login-injection", "a login with a query in it, or with JSON that is one", 89, "ASVS 5.0 1.2.4",
		"Hand name and password to the database as parameters, and take nothing for them but texts.", "2.3", needsUser, false, injectedLogin,
	},
	{
		"names", "names told apart in words", 204, "ASVS 5.0 6.3.8",
		"Give an unknown name and a wrong password the same answer, whatever the password is made of.", "2.3", needsUser, false, namesInWords,
	},
	{
		"names-time", "names told apart in time", 208, "ASVS 5.0 6.3.8",
		"Hash against a decoy when there is no such name.", "2.3", needsUser, false, namesInTime,
	},
	{
		"traces", "stack traces and errors of the inside", 209, "ASVS 5.0 16.5.1",
		"Answer an error with a fixed text, and log the rest.", "2.4", needsNothing, false, traces,
	},
	{
		"guessing", "passwords guessed without end", 307, "ASVS 5.0 6.3.1",
		"Count failures by account and by address, and look at no further attempt for a while.", "5.4", needsUser, true, guessing,
	},
}

// ifKnown are the attacks on what few APIs have: nothing is said of them, unless the
// profile names it, or somebody asks for them.
var ifKnown = map[string]func(*Profile) bool{
	"forgotten": func(p *Profile) bool { return p.Forgot.Path != "" },
	"removed":   func(p *Profile) bool { return p.Removal.there() },
}

// IDs are those of all attacks.
func IDs() (ids []string) {
	for _, a := range attacks {
		ids = append(ids, a.id)
	}
	return ids
}
