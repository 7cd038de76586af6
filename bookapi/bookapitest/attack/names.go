package attack

// names is the one list of what programs in use believe about a caller. Each
// line has a reason to be here: a proxy, a framework or a tutorial that reads
// it. To teach the tests another one, add it here.
var names = []struct {
	what   string
	places []Place
	names  []string
	values func(Identity) []string
}{
	{
		what:   "who calls, as proxies, gateways and single sign-on pass it on",
		places: []Place{InHeader},
		names: []string{
			"X-User", "X-Username", "X-User-Id", "X-User-Name", "X-User-Email", "X-Userid", "X-Uid", "X-Account", "X-Login", "X-Sub",
			"X-Subject", "X-Principal", "X-Identity", "X-Caller", "X-Client-Id", "X-Current-User", "X-Authenticated-User",
			"X-Authenticated-Userid", "X-Auth-User", "X-Auth-Username", "X-Auth-Request-User", "X-Auth-Request-Email",
			"X-Auth-Request-Preferred-Username", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username",
			"X-Remote-User", "Remote-User", "Remote-Name", "Remote-Email", "X-Webauth-User", "X-Proxy-User", "X-Ssl-Client-Cn",
			"X-Ssl-Client-S-Dn", "X-Client-Cert-Cn", "X-Forwarded-Client-Cert", "X-Token-Subject", "X-Token-User-Name", "X-Jwt-Sub",
			"X-Jwt-Claim-Sub", "X-Endpoint-Api-Userinfo", "X-Goog-Authenticated-User-Email", "X-Goog-Authenticated-User-Id",
			"X-Ms-Client-Principal-Name", "X-Ms-Client-Principal-Id", "X-Amzn-Oidc-Identity", "X-Consumer-Username",
			"X-Consumer-Custom-Id", "X-Credential-Identifier", "X-Authentik-Username", "X-Vouch-User", "X-Pomerium-Claim-Email",
			"Cf-Access-Authenticated-User-Email", "Tailscale-User-Login", "X-Hasura-User-Id", "From",
		},
		values: username,
	},
	{
		what:   "on whose behalf, for those who may act as others",
		places: []Place{InHeader},
		names: []string{
			"X-On-Behalf-Of", "On-Behalf-Of", "X-Act-As", "X-Acting-As", "X-Actor", "X-As-User", "X-Run-As", "X-Sudo", "Sudo",
			"X-Switch-User", "X-Impersonate", "X-Impersonate-User", "Impersonate-User", "X-Impersonated-User", "X-Masquerade-As",
			"X-Delegated-User", "X-Effective-User", "X-Real-User", "X-Original-User", "X-Owner", "X-Created-By", "X-Author",
		},
		values: username,
	},
	{
		what:   "who calls, in a parameter or a field",
		places: []Place{InQuery, InCookie, InForm, InJSON},
		names: []string{
			"user", "username", "user_name", "userName", "user_id", "userId", "uid", "id", "login", "account", "email", "name", "sub", "subject",
			"principal", "caller", "client_id", "current_user", "remote_user", "as", "as_user", "act_as", "run_as", "sudo", "su",
			"impersonate", "_switch_user", "on_behalf_of", "onBehalfOf", "owner", "owner_id", "created_by", "createdBy", "creator", "author_id",
		},
		values: username,
	},
	{
		what:   "what the caller may do",
		places: []Place{InHeader},
		names: []string{
			"X-Role", "X-Roles", "X-User-Role", "X-User-Roles", "X-Auth-Role", "X-Auth-Roles", "X-Forwarded-Role", "X-Forwarded-Groups",
			"X-Auth-Request-Groups", "X-Remote-Groups", "Remote-Groups", "X-Groups", "X-Group", "Impersonate-Group", "X-Scope",
			"X-Scopes", "X-Permissions", "X-Privileges", "X-Authority", "X-Jwt-Claim-Role", "X-Token-Role", "X-Hasura-Role",
			"X-Consumer-Groups", "X-Authenticated-Groups", "X-Authenticated-Scope", "X-Authentik-Groups", "X-Access-Level", "X-User-Type",
		},
		values: admin,
	},
	{
		what:   "that the caller is an administrator, or within",
		places: []Place{InHeader},
		names: []string{
			"X-Admin", "X-Is-Admin", "X-User-Is-Admin", "X-Superuser", "X-Root", "X-Internal", "X-Internal-Request", "X-Internal-Call",
			"X-Trusted", "X-Verified", "X-Authenticated", "X-Auth", "X-Authorized", "X-Bypass", "X-Skip-Auth", "X-No-Auth",
			"X-Debug", "X-Test", "X-Dev", "X-Preflight", "X-Health-Check", "X-Service", "X-System", "X-Cron", "X-Appengine-Cron",
		},
		values: yes,
	},
	{
		what:   "the same in a parameter or a field",
		places: []Place{InQuery, InCookie, InForm, InJSON},
		names: []string{
			"role", "roles", "user_role", "userRole", "group", "groups", "scope", "scopes", "permission", "permissions", "authority", "level",
			"access", "type", "user_type", "privilege", "mode",
		},
		values: admin,
	},
	{
		what:   "and as a flag",
		places: []Place{InQuery, InCookie, InForm, InJSON},
		names: []string{
			"admin", "is_admin", "isAdmin", "administrator", "superuser", "is_superuser", "is_staff", "staff", "root", "internal", "trusted",
			"verified", "authenticated", "logged_in", "loggedin", "bypass", "skip_auth", "noauth", "debug", "test", "dev", "force", "override",
		},
		values: yes,
	},
	{
		what:   "a token, where none is looked for",
		places: []Place{InHeader},
		names: []string{
			"X-Authorization", "X-Original-Authorization", "X-Forwarded-Authorization", "Proxy-Authorization", "Authentication",
			"X-Auth-Bearer", "X-Http-Authorization",
		},
		values: func(who Identity) []string { return []string{prefixed("Bearer ", who.Token), basic(who)} },
	},
	{
		what:   "a bare token",
		places: []Place{InHeader},
		names: []string{
			"X-Access-Token", "X-Auth-Token", "X-Api-Key", "X-Api-Token", "Api-Key", "Apikey", "X-Token", "Token", "Access-Token", "X-Jwt",
			"X-Jwt-Token", "Jwt", "X-Id-Token", "X-Session-Token", "X-Forwarded-Access-Token", "X-Auth-Request-Access-Token",
			"X-Amzn-Oidc-Accesstoken", "X-Amzn-Oidc-Data", "X-Ms-Token-Aad-Access-Token", "X-Goog-Iap-Jwt-Assertion",
			"Cf-Access-Jwt-Assertion", "X-Csrf-Token", "Sec-Websocket-Protocol",
		},
		values: func(who Identity) []string { return []string{who.Token} },
	},
	{
		what:   "a token among the protocols of a WebSocket, for which a browser can set no other header",
		places: []Place{InHeader},
		names:  []string{"Sec-WebSocket-Protocol"},
		values: func(who Identity) []string {
			return []string{
				prefixed("bearer, ", who.Token), prefixed("Bearer, ", who.Token), prefixed("access_token, ", who.Token), prefixed("token, ", who.Token),
				prefixed("bearer.", who.Token), prefixed("authorization.bearer.", who.Token), prefixed("books, ", who.Token),
			}
		},
	},
	{
		what:   "a token in a parameter, a cookie or a field",
		places: []Place{InQuery, InCookie, InForm, InJSON},
		names: []string{
			"access_token", "accessToken", "token", "auth_token", "authToken", "auth", "jwt", "bearer", "bearer_token", "id_token", "api_key", "apikey", "key",
			"session", "session_id", "sid", "authorization", "Authorization", "t", "x-access-token", "__Host-token", "refresh_token", "assertion",
		},
		values: func(who Identity) []string { return []string{who.Token, prefixed("Bearer ", who.Token)} },
	},
	{
		what:   "the payload of a token that somebody else has verified, as meshes and gateways pass it on",
		places: []Place{InHeader},
		names: []string{
			"X-Jwt-Payload", "X-Jwt-Claims", "X-Token-Payload", "X-Token-Claims", "X-Verified-Claims", "X-Auth-Claims", "X-Claims", "X-Userinfo",
			"X-User-Info", "X-Endpoint-Api-Userinfo", "X-Apigateway-Api-Userinfo", "X-Ms-Client-Principal", "X-Amzn-Oidc-Data",
			"X-Identity-Claims", "X-Envoy-Jwt-Payload", "X-Istio-Jwt-Payload", "X-Goog-Iap-Jwt-Assertion", "X-Id-Token-Claims",
		},
		values: payload,
	},
	{
		what:   "a name and its right password: a credential, but not one of this request",
		places: []Place{InHeader},
		names:  []string{"Authorization"},
		values: func(who Identity) []string { return []string{basic(who)} },
	},
	{
		what:   "the password, beside the name above",
		places: []Place{InQuery, InHeader, InForm, InJSON},
		names:  []string{"password", "pass", "passwd", "pwd", "X-Password"},
		values: func(who Identity) []string { return []string{who.Password} },
	},
	{
		what:   "another method than the one that was checked",
		places: []Place{InHeader, InQuery, InForm, InJSON},
		names:  []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Method", "_method", "method", "httpMethod"},
		values: func(Identity) []string { return []string{"DELETE", "PUT", "GET", "OPTIONS", "HEAD"} },
	},
	{
		what:   "another path than the one that was checked",
		places: []Place{InHeader},
		names:  []string{"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Forwarded-Path", "X-Original-Uri", "X-Envoy-Original-Path", "X-Forwarded-Prefix"},
		values: func(who Identity) []string { return []string{"/token", "/users", "/health", who.Path} },
	},
	{
		what:   "where the request comes from",
		places: []Place{InHeader},
		names: []string{
			"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "X-Client-Ip", "Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip",
			"X-Cluster-Client-Ip", "X-Forwarded", "X-Originating-Ip", "X-Remote-Ip", "X-Remote-Addr", "Remote-Addr", "X-Custom-Ip-Authorization",
			"X-Envoy-External-Address", "X-Azure-Clientip", "X-Appengine-User-Ip",
		},
		values: func(Identity) []string { return []string{"127.0.0.1", "::1", "10.0.0.1", "192.168.0.1"} },
	},
	{
		what:   "the same as RFC 7239 writes it",
		places: []Place{InHeader},
		names:  []string{"Forwarded"},
		values: func(Identity) []string { return []string{"for=127.0.0.1;host=localhost;proto=https", `for="[::1]"`} },
	},
	{
		what:   "through which front it came",
		places: []Place{InHeader},
		names:  []string{"X-Forwarded-Host", "X-Host", "X-Forwarded-Server", "X-Original-Host", "Referer"},
		values: func(Identity) []string { return []string{"localhost", "http://localhost", "http://127.0.0.1/admin"} },
	},
	{
		what:   "that a browser has asked before, or a tool of ours asks",
		places: []Place{InHeader},
		names:  []string{"Access-Control-Request-Method", "User-Agent", "X-Requested-With", "X-Powered-By"},
		values: func(Identity) []string { return []string{"GET", "DELETE", "kube-probe/1.33", "XMLHttpRequest"} },
	},
	{
		what:   "that a page, a front end or a program of ours asks",
		places: []Place{InHeader},
		names:  []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Purpose", "Sec-Purpose", "Accept", "Upgrade", "X-Forwarded-Proto", "X-Forwarded-Ssl", "Via"},
		values: func(Identity) []string {
			return []string{
				"null", "http://localhost:8080", "http://localhost:3000", "https://example.com", "same-origin", "same-site", "none", "navigate",
				"prefetch", "text/html", "application/grpc", "websocket", "h2c", "https", "on", "1.1 gateway",
			}
		},
	},
	{
		what:   "a near peer",
		places: []Place{AsPeer},
		names:  []string{""},
		values: func(Identity) []string {
			return []string{
				"127.0.0.1:40001", "[::1]:40001", "127.8.8.8:1", "[::ffff:127.0.0.1]:40001", "10.0.0.1:40001", "10.255.255.254:40001",
				"172.16.0.1:40001", "172.17.0.1:40001", "192.168.0.1:40001", "192.168.1.1:443", "169.254.169.254:80", "100.64.0.1:40001",
				"[fd00::1]:40001", "[fe80::1%eth0]:40001", "0.0.0.0:0", "@", "localhost:40001", "pipe",
			}
		},
	},
	{
		what:   "a client certificate, which a server may ask for and not verify (tls.RequestClientCert)",
		places: []Place{AsCertificate},
		names:  []string{""},
		values: username,
	},
	{
		what:   "a near Host",
		places: []Place{AsHost},
		names:  []string{""},
		values: func(Identity) []string {
			return []string{"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "admin.localhost", "admin.example.com", "internal", "10.0.0.1"}
		},
	},
}

func username(who Identity) []string { return []string{who.Username} }

func admin(Identity) []string { return []string{"admin", "administrator", "root", `["admin"]`} }

func yes(Identity) []string { return []string{"true", "1", "yes", "admin"} }

// prefixed is prefix and text, if there is a text.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
