package ses

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"sync"
	"time"

	"studymail"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
)

// Options of a Client.
type Options struct {
	Region           string // "": what the SDK's own settings say
	Endpoint         string // "": AWS's; another for tests, or inside of a private network
	ConfigurationSet string // "": none
	Sender           string // the From address: what SES knows as a verified identity
	Roots            *x509.CertPool
	Timeout          time.Duration // of one hand-over; 0: a minute
}

// Client is an account of SES in a region. It may be used by many at once.
type Client struct {
	opts  Options
	sends *sesv2.Client // its calls are made once
	asks  *sesv2.Client // its calls are repeated by the SDK when they fail
	aws   aws.Config

	registering sync.Mutex
	registered  map[string]bool // templates, by name
}

// New makes a client. Credentials are found by the SDK's own chain (environment, shared
// files, container, machine), and are looked for when they are needed.
func New(ctx context.Context, o Options) (*Client, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	cfg, transport, err := awsConfig(ctx, &o)
	if err != nil {
		return nil, err
	}
	c := &Client{opts: o, aws: cfg}
	base := func(s *sesv2.Options) {
		if o.Endpoint != "" {
			s.BaseEndpoint = aws.String(o.Endpoint)
		}
	}
	c.asks = sesv2.NewFromConfig(cfg, base)
	c.sends = sesv2.NewFromConfig(cfg, base, func(s *sesv2.Options) {
		s.Retryer = aws.NopRetryer{}
		s.HTTPClient = &http.Client{Transport: &wire{base: sending(transport)}, CheckRedirect: noRedirect}
	})
	return c, nil
}

// awsConfig reads the SDK's own settings.
func awsConfig(ctx context.Context, o *Options) (aws.Config, *http.Transport, error) {
	client := awshttp.NewBuildableClient().WithTimeout(30 * time.Second).WithDialerOptions(func(d *net.Dialer) { d.Timeout = 15 * time.Second })
	with := []func(*config.LoadOptions) error{config.WithHTTPClient(client)}
	if o.Region != "" {
		with = append(with, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, with...)
	if err != nil {
		return cfg, nil, studymail.Errorf(studymail.Invalid, "the settings of AWS cannot be read: %w; look at the variables that begin with AWS_ and at ~/.aws", err)
	}
	if cfg.Region == "" {
		return cfg, nil, studymail.Errorf(studymail.Invalid, "no region of AWS: set SES_REGION, such as eu-west-2")
	}
	// With AWS_CA_BUNDLE the SDK has put those certificates in.
	if made, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		client = made
	}
	if o.Roots != nil {
		client = client.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig.RootCAs = o.Roots })
		cfg.HTTPClient = client
	}
	return cfg, client.GetTransport(), nil
}

// Region is where the account's mail leaves.
func (c *Client) Region() string { return c.aws.Region }

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// sending is the way of hand-overs. HTTP/2 is left out: one connection that is lost
// would put all mails on it in doubt. Connections are closed before SES tires of them,
// since a request that meets a closing connection is in doubt, too.
func sending(t *http.Transport) *http.Transport {
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	t.IdleConnTimeout = 5 * time.Second
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 1000, 1000
	return t
}
