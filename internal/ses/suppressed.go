package ses

import (
	"context"
	"time"

	"studymail"
	"studymail/internal/sealed"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// Suppressed is an address on the account's own suppression list.
type Suppressed struct {
	Address sealed.Email
	Reason  string // bounce or complaint
	At      time.Time
}

// Suppressed goes through the account's suppression list, page by page.
func (c *Client) Suppressed(ctx context.Context, page func([]Suppressed) error) error {
	pages := sesv2.NewListSuppressedDestinationsPaginator(c.asks, &sesv2.ListSuppressedDestinationsInput{PageSize: aws.Int32(1000)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return c.explain("read the suppression list of the account", err)
		}
		all := make([]Suppressed, 0, len(out.SuppressedDestinationSummaries))
		for i := range out.SuppressedDestinationSummaries {
			s := &out.SuppressedDestinationSummaries[i]
			why := "bounce"
			if s.Reason == types.SuppressionListReasonComplaint {
				why = "complaint"
			}
			all = append(all, Suppressed{Address: sealed.NewEmail(aws.ToString(s.EmailAddress)), Reason: why, At: aws.ToTime(s.LastUpdateTime)})
		}
		if err := page(all); err != nil {
			return err
		}
	}
	return nil
}

// Unsuppress takes an address off the account's suppression list; NotFound if it was not
// on it.
func (c *Client) Unsuppress(ctx context.Context, address sealed.Email) error {
	_, err := c.asks.DeleteSuppressedDestination(ctx, &sesv2.DeleteSuppressedDestinationInput{EmailAddress: aws.String(address.Reveal())})
	if err == nil {
		return nil
	}
	err = c.explain("take an address off the suppression list of the account", err)
	if studymail.CodeOf(err) == studymail.NotFound {
		return studymail.Errorf(studymail.NotFound, "the address is not on the suppression list of the account")
	}
	return err
}
