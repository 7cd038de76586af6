package sqlstore

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// None of these repeats the URL: it holds a password, and where that is in a
// malformed URL is unknown.
var (
	errScheme = errors.New("cannot use the database: its URL is not one of a PostgreSQL; " +
		"write it like postgres://bookapi@localhost/books, or name a file instead")
	errURL = errors.New("cannot use the database: its postgres:// URL is malformed; " +
		"write it like postgres://bookapi@localhost/books, and every @ : / ? # % of a password in percent-encoding (@ is %40)")
	errUnencrypted = errors.New("cannot use the database: the connection to it might not be encrypted; " +
		"add ?sslmode=verify-full to its URL, or ?sslmode=disable if the network between is yours alone")
)

var errEncoding = errors.New("its encoding is not UTF8")

// parse reads the URL of a database.
func parse(name string) (*pgx.ConnConfig, error) {
	// An @ that does not end the user's part is one of a password, and what
	// stands before it would be taken for the name of a host, or for a port.
	user, rest, _ := strings.Cut(strings.SplitN(name, "://", 2)[1], "@")
	if strings.Contains(rest, "@") || rest != "" && strings.Contains(user, "/") {
		return nil, errURL
	}
	config, err := pgx.ParseConfig(name)
	if err != nil {
		return nil, errURL
	}
	if mayBeUnencrypted(name, config) {
		return nil, errUnencrypted
	}
	return config, nil
}

// mayBeUnencrypted reports whether the driver might fall back to a connection that is
// not encrypted, over a network, though the URL does not allow it (ASVS 5.0
// 12.3.1).
func mayBeUnencrypted(name string, config *pgx.ConnConfig) bool {
	_, query, _ := strings.Cut(name, "?")
	settings, _ := url.ParseQuery(query)
	if settings.Has("sslmode") || settings.Has("ssl") || os.Getenv("PGSSLMODE") != "" {
		return false
	}
	ways := append([]*pgconn.FallbackConfig{{Host: config.Host, TLSConfig: config.TLSConfig}}, config.Fallbacks...)
	return slices.ContainsFunc(ways, func(way *pgconn.FallbackConfig) bool {
		return way.TLSConfig == nil && !isLocal(way.Host)
	})
}

// isLocal reports whether host is loopback, or the directory of a socket.
func isLocal(host string) bool {
	return host == "localhost" || filepath.IsAbs(host) || strings.HasPrefix(host, "@") || net.ParseIP(host).IsLoopback()
}

// serverError says why the database cannot be used, and what to do next.
func serverError(config *pgx.ConnConfig, err error) error {
	shown := url.URL{Scheme: "postgres", User: url.User(config.User), Path: "/" + config.Database}
	shown.Host = net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	reason, move := "the connection fails", "look at its log, or correct its URL"

	const refusedOnWindows = syscall.Errno(10061) // WSAECONNREFUSED
	said, isSaid := errors.AsType[*pgconn.PgError](err)
	_, isUnknown := errors.AsType[*net.DNSError](err)
	_, isDistrusted := errors.AsType[*tls.CertificateVerificationError](err)
	switch {
	case isSaid:
		reason = strings.Join(strings.Fields(said.Message), " ")
		switch said.Code {
		case "28P01", "28000": // invalid_password, invalid_authorization_specification
			move = "correct user and password in its URL"
		case "3D000": // invalid_catalog_name
			move = "create it with createdb, or correct its URL"
		case "42501": // insufficient_privilege
			move = "let its user create tables there, as the owner of a database may"
		case "25006": // read_only_sql_transaction
			move = "name the server that takes writes"
		case "53300", "57P03": // too_many_connections, cannot_connect_now
			move = "try again in a moment, or look at its log"
		}
	case errors.Is(err, errSchemaNewer):
		reason, move = "a newer version of this program has changed it", "update this program, or name another database"
	case errors.Is(err, errEncoding):
		reason, move = errEncoding.Error(), "create one with createdb -E UTF8 -T template0"
	case isUnknown:
		reason, move = "its host is not known", "correct its URL"
	case isDistrusted:
		reason, move = "its certificate is not one to trust", "name its authority with sslrootcert= in its URL"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, refusedOnWindows), errors.Is(err, os.ErrNotExist):
		reason, move = "no server answers there", "start it, or correct its URL"
	case errors.Is(err, os.ErrDeadlineExceeded), pgconn.Timeout(err):
		reason, move = "no server answers there in time", "look whether it is up and in reach, or correct its URL"
	}
	return cannotUse(shown.String(), reason, move, err)
}
