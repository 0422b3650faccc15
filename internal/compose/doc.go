// Package compose makes the bytes of a mail. A template version is compiled
// once into literal and placeholder pieces; a compiled letter, a header and one
// patient's values give the whole RFC 5322 message, appended to a buffer.
//
// What it promises:
//
//   - Staff write letters, not programs: a placeholder stands for one value,
//     and there is nothing else. Markdown and HTML are read before the values
//     are put in, so a value is always shown as it is, never interpreted: `*`
//     or `<b>` in a name is just that.
//   - Every value is cleaned of line breaks and control characters (Clean), then
//     escaped for the place where it stands. It cannot make a header, an
//     element or a MIME part.
//   - A value that is missing is an error of Append, never a blank. So is what
//     cannot be written in a mail at all; one such message fails alone, and the
//     error names the field and the message's UUID, never the value.
//   - The output has CRLF line ends only, no line over 998 octets (RFC 5322
//     §2.1.1), body lines of at most 76 (RFC 2045 §6.7), and no line that begins
//     with a dot.
//   - The same letter, header and values give the same bytes. Pack keeps what
//     was merged, so that exactly what was sent can be shown later.
//
// In Markdown, raw HTML is refused, with its place; who wants HTML writes the
// html format. That format is checked: elements of a fixed list, properly
// nested, no scripts, forms, frames or event handlers, placeholders only in
// text and as the whole address of a link. Both formats have a plain-text part
// made from the HTML.
//
// It may import the root package, internal/sealed, goldmark, x/net/html and
// x/text. It does no input or output, knows no clock, and must not import the
// store or a transport.
package compose
