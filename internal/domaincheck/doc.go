// Package domaincheck asks DNS what servers that receive our mail will ask: may this
// relay send for the sender's domain, whose signature is it, what does the domain want
// done with mail that neither vouches for, and do bounces find their way back.
//
// Its one job: from domains and names to one line each, with the mend. It sends no
// mail, asks nothing but DNS, and knows neither the configuration nor the database.
// It imports the root package and libraries for SPF and DMARC.
package domaincheck
