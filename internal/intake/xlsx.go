package intake

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

// What a workbook may unpack to: a zip of 16 MB could hold 16 GB.
const (
	maxUnpacked     = 128 << 20
	maxFilesInside  = 2000
	maxSheetRows    = 300_000
	maxSheetColumns = 100
)

// oneBook bounds the memory that workbooks take: they are read one after the other.
var oneBook = make(chan struct{}, 1)

var (
	errBomb    = &RefusedError{Reason: "the workbook unpacks to more than 128 MB; save its sheet as “CSV UTF-8” and import that"}
	errDamaged = &RefusedError{Reason: "the workbook is damaged or cut off, or is no workbook; open it in your spreadsheet, save it anew as .xlsx, and upload that"}
)

// receiveXLSX reads a workbook whole and writes its first visible sheet that has
// anything as CSV, row by row, so that rows keep their numbers. It holds nothing on
// disk: a temporary file would have patients in clear.
func receiveXLSX(r io.Reader, w io.Writer) (notes []string, err error) {
	packed, err := io.ReadAll(io.LimitReader(r, MaxXLSX+1))
	if err != nil {
		return nil, notWhole(err)
	}
	if len(packed) > MaxXLSX {
		return nil, &RefusedError{Reason: "the workbook is larger than 16 MB; save its sheet as “CSV UTF-8” and import that"}
	}
	oneBook <- struct{}{}
	defer func() { <-oneBook }()
	if err := checkZip(packed); err != nil {
		return nil, err
	}
	defer func() {
		// The library trusts what is inside more than we do.
		if recover() != nil {
			err = errDamaged
		}
	}()
	book, err := excelize.OpenReader(bytes.NewReader(packed), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return nil, errDamaged
	}
	defer func() { _ = book.Close() }() // nothing is on disk
	sheet, others, err := firstSheet(book)
	if err != nil {
		return nil, err
	}
	if others > 0 {
		notes = append(notes, fmt.Sprintf("Only the first sheet was read; %s more have something in them.", plural(others, "sheet")))
	}
	return notes, writeSheet(book, sheet, w)
}

// checkZip unpacks everything once, counting, before anything is built of it: the
// sizes that a zip names may lie.
func checkZip(packed []byte) error {
	z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return errDamaged
	}
	if len(z.File) > maxFilesInside {
		return errBomb
	}
	left, workbook := int64(maxUnpacked), false
	for _, f := range z.File {
		workbook = workbook || strings.HasPrefix(f.Name, "xl/")
		in, err := f.Open()
		if err != nil {
			return errDamaged
		}
		n, err := io.Copy(io.Discard, io.LimitReader(in, left+1))
		if err := errors.Join(err, in.Close()); err != nil {
			return errDamaged
		}
		if left -= n; left < 0 {
			return errBomb
		}
	}
	if !workbook {
		return &RefusedError{Reason: "this is a ZIP file, not a workbook: unpack it and choose the CSV file or the workbook (.xlsx) in it"}
	}
	return nil
}

// firstSheet gives the first visible sheet with anything in it, and how many more have.
func firstSheet(book *excelize.File) (sheet string, others int, err error) {
	for _, name := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(name); err != nil || !visible {
			continue
		}
		rows, err := book.Rows(name)
		if err != nil {
			continue // a chart
		}
		some := false
		for n := 0; !some && n < 1000 && rows.Next(); n++ {
			cells, err := rows.Columns()
			some = err == nil && !blank(cells)
		}
		_ = rows.Close()
		switch {
		case some && sheet == "":
			sheet = name
		case some:
			others++
		}
	}
	if sheet == "" {
		return "", 0, &RefusedError{Row: 1, Reason: "the workbook is empty"}
	}
	return sheet, others, nil
}

// writeSheet writes a sheet as CSV. Each row has as many cells as the header, unless it
// has something beyond it: then the checks say so.
func writeSheet(book *excelize.File, sheet string, to io.Writer) error {
	rows, err := book.Rows(sheet)
	if err != nil {
		return errDamaged
	}
	defer func() { _ = rows.Close() }()
	w := csv.NewWriter(to)
	width := 0
	for n := 1; rows.Next(); n++ {
		if n > maxSheetRows {
			return &RefusedError{Row: n, Reason: "the sheet has more than 300,000 rows; save it as “CSV UTF-8” and import that"}
		}
		cells, err := rows.Columns()
		if err != nil {
			return errDamaged
		}
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) > maxSheetColumns {
			return &RefusedError{Row: n, Reason: "the sheet has more than 100 columns; leave those that an import needs"}
		}
		if width == 0 {
			width = len(cells)
		}
		if len(cells) == 0 {
			// A row stays a row: numbers are those of the spreadsheet.
			w.Flush()
			if _, err := io.WriteString(to, "\n"); err != nil {
				return err
			}
			continue
		}
		for len(cells) < width {
			cells = append(cells, "")
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	if err := rows.Error(); err != nil {
		return errDamaged
	}
	return w.Error()
}
