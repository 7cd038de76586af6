package server

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
)

const defaultAddr = "127.0.0.1:8080"

// usageError is a mistake on the command line or in the environment.
type usageError string

func (e usageError) Error() string { return string(e) }

func usageErrorf(format string, args ...any) error {
	return usageError(fmt.Sprintf(format, args...))
}

// settings is how to serve, as the command line and the environment say it.
type settings struct {
	addr     string
	database database
	certFile string
	keyFile  string
	metrics  string
}

// flags returns the flags of serving, which set s.
func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("bookapi", flag.ContinueOnError)
	flags.StringVar(&s.addr, "addr", "", "listen on `host:port`; port 0 is any free one (default "+defaultAddr+", or 127.0.0.1:$PORT)")
	s.database.flag(flags)
	flags.StringVar(&s.certFile, "tls-cert", "", "serve https with the certificate in this PEM `file`, and those that vouch for it")
	flags.StringVar(&s.keyFile, "tls-key", "", "and with its private key in this PEM `file`; both are read again when they change")
	flags.StringVar(&s.metrics, "metrics", "", "show metrics for Prometheus on http://`host:port`/metrics, which must be loopback or one private address")
	return flags
}

// settingsFrom returns the settings for serving, or a usageError.
func settingsFrom(args []string, getenv func(string) string) (s settings, err error) {
	flags := s.flags()
	rest, err := parse(flags, args)
	if err != nil {
		return s, err
	}
	if len(rest) > 0 {
		return s, usageErrorf("%q is an argument too many; -h shows the flags", rest[0])
	}
	return s, cmp.Or(s.database.choose(flags, getenv), s.chooseAddr(getenv("PORT")), s.checkMetrics(), s.checkKeyPair())
}

func (s *settings) chooseAddr(port string) error {
	switch {
	case s.addr != "":
		return checkAddr("-addr", s.addr, defaultAddr)
	case port != "":
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return usageErrorf("PORT=%q is not a port; set it to a number up to 65535, or choose with -addr", port)
		}
		s.addr = net.JoinHostPort("127.0.0.1", port)
	default:
		s.addr = defaultAddr
	}
	return nil
}

func (s *settings) checkMetrics() error {
	if s.metrics == "" {
		return nil
	}
	return checkAddr("-metrics", s.metrics, "127.0.0.1:9090")
}

func (s *settings) checkKeyPair() error {
	if (s.certFile == "") != (s.keyFile == "") {
		return usageErrorf("-tls-cert and -tls-key go together: a certificate is of no use without its private key")
	}
	return nil
}

func checkAddr(flag, addr, example string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return usageErrorf("%s %q is not host:port; write it like %s", flag, addr, example)
	}
	return nil
}

// parse parses flags, which may stand before and behind the other arguments,
// and returns the latter. Its error is a usageError, or flag.ErrHelp.
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	flags.SetOutput(io.Discard) // an error is reported once, by Main
	for {
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		if err != nil {
			return nil, usageErrorf("%s; -h shows the flags", err)
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

// isSet reports whether the command line has named the flag.
func isSet(flags *flag.FlagSet, name string) (set bool) {
	flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}
