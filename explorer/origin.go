package explorer

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// sameOrigin says why a request may not be answered, or "". A page of another
// site can make a browser send requests here: directly, which Origin and
// Sec-Fetch-Site tell, or under a name of its own that it lets point to this
// machine (DNS rebinding), which Host tells.
func sameOrigin(r *http.Request, hosts func(host string) bool) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host = strings.Trim(host, "[]"); !hosts(host) {
		return "this server does not answer for the host " + quoted(r.Host) + "; use the address that it printed"
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return "requests from pages of other sites are refused"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return "requests from pages of other sites are refused, this one comes from " + quoted(origin)
		}
	}
	return ""
}

// quoted shortens what a stranger sent.
func quoted(s string) string {
	const most = 100
	if len(s) > most {
		s = s[:most] + "…"
	}
	return "“" + strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s) + "”"
}

// loopbackHost reports whether a host is a name or an address of this machine
// alone.
func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// numericHost accepts addresses, which no DNS entry can stand for, beside the
// names of this machine and those given.
func numericHost(names []string) func(host string) bool {
	return func(host string) bool {
		if _, err := netip.ParseAddr(host); err == nil {
			return true
		}
		for _, name := range append([]string{"localhost"}, names...) {
			if strings.EqualFold(host, name) {
				return true
			}
		}
		return false
	}
}
