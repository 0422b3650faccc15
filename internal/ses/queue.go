package ses

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

// Queue is the SQS queue that SES's events come to.
type Queue struct {
	client *sqs.Client
	url    string
	c      *Client
}

// Letter is a message out of the queue: it comes again unless it is removed.
type Letter struct {
	Body    string
	receipt string
}

// Queue gives the queue at an address.
func (c *Client) Queue(url string) *Queue {
	return &Queue{url: url, c: c, client: sqs.NewFromConfig(c.aws, func(o *sqs.Options) {
		if c.opts.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.opts.Endpoint)
		}
	})}
}

// hidden is for how long others do not see a letter that was received.
const hidden = 2 * time.Minute

// Receive waits up to 20 seconds for letters, and gives at most ten.
func (q *Queue) Receive(ctx context.Context) ([]Letter, error) {
	out, err := q.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(q.url), MaxNumberOfMessages: 10, WaitTimeSeconds: 20, VisibilityTimeout: int32(hidden.Seconds()),
	})
	if err != nil {
		return nil, q.c.explain("read the queue of events", err)
	}
	letters := make([]Letter, 0, len(out.Messages))
	for i := range out.Messages {
		letters = append(letters, Letter{Body: aws.ToString(out.Messages[i].Body), receipt: aws.ToString(out.Messages[i].ReceiptHandle)})
	}
	return letters, nil
}

// Remove takes a letter out of the queue for good.
func (q *Queue) Remove(ctx context.Context, l Letter) error {
	_, err := q.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(q.url), ReceiptHandle: aws.String(l.receipt)})
	if err != nil {
		return q.c.explain("take an event out of the queue", err)
	}
	return nil
}

// Reach tells whether the queue is there, and may be read.
func (q *Queue) Reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	_, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(q.url), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages},
	})
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "QueueDoesNotExist" {
		return q.c.explain("find the queue of SES_SQS_QUEUE_URL", err)
	}
	if err != nil {
		return q.c.explain("reach the queue of SES_SQS_QUEUE_URL", err)
	}
	return nil
}
