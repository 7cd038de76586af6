package server

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	vm "github.com/VictoriaMetrics/metrics"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// metrics counts requests, and serves the counts to a Prometheus on an address of
// its own, which must be private (see privateAddr): load and failed logins are of
// use to an attacker.
type metrics struct {
	listener net.Listener
	server   *http.Server
	set      *vm.Set
	inFlight atomic.Int64
}

func listenForMetrics(ctx context.Context, host string) (*metrics, error) {
	addr, err := net.ResolveTCPAddr("tcp", host)
	if err != nil {
		return nil, listenError("-metrics", host, err)
	}
	if !privateAddr(addr.IP) {
		return nil, fmt.Errorf("metrics are not for everybody, and more than this machine or its private network could reach %s; choose an address like 127.0.0.1:9090 with -metrics", host)
	}
	listener, err := listen(ctx, "-metrics", addr.String())
	if err != nil {
		return nil, err
	}
	m := &metrics{listener: listener, set: vm.NewSet()}
	m.set.NewGauge("http_requests_in_flight", func() float64 { return float64(m.inFlight.Load()) })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.set.WritePrometheus(w)
		vm.WriteProcessMetrics(w)
	})
	m.server = defaultServer(mux)
	return m, nil
}

// privateAddr reports whether an address is on loopback, or is one that routers
// do not carry to the internet (RFC 1918, RFC 4193): a Prometheus reaches a
// container there. All addresses of a machine at once, 0.0.0.0, are not.
func privateAddr(ip net.IP) bool { return ip.IsLoopback() || ip.IsPrivate() }

func (m *metrics) serve(proc process) {
	proc.say("metrics on %s/metrics", urlOf("http", m.listener.Addr()))
	go func() { _ = m.server.Serve(m.listener) }() // until close
}

func (m *metrics) close() {
	_ = m.server.Close()
	_ = m.listener.Close()
}

// count returns a handler that counts the requests which next answers, and how
// long they take. A label is never the client's to choose, or it could make as
// many series as it likes: the route is its pattern in the router that next is,
// and a method that no route has is "other".
func (m *metrics) count(next http.Handler) http.Handler {
	routes, _ := next.(chi.Routes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		m.inFlight.Add(1)
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			m.inFlight.Add(-1)
			method, route := labels(routes, r)
			name := fmt.Sprintf("{method=%q,route=%q,status=\"%dxx\"}", method, route, cmp.Or(answer.Status(), http.StatusOK)/100)
			m.set.GetOrCreateCounter("http_requests_total" + name).Inc()
			name = fmt.Sprintf("{method=%q,route=%q}", method, route)
			m.set.GetOrCreatePrometheusHistogram("http_request_duration_seconds" + name).UpdateDuration(begin)
		}()
		next.ServeHTTP(answer, r)
	})
}

// labels returns the method and the route of a request.
func labels(routes chi.Routes, r *http.Request) (method, route string) {
	method, route = r.Method, "none"
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method) {
		method = "other"
	}
	if routes == nil {
		return method, route
	}
	path := cmp.Or(r.URL.RawPath, r.URL.Path) // what chi routes by
	find := method
	if find == http.MethodHead {
		find = http.MethodGet // middleware.GetHead
	}
	return method, cmp.Or(routes.Find(chi.NewRouteContext(), find, path), route)
}
