package sealed

import "database/sql/driver"

// Value refuses: a sealed value that reaches database/sql would be stored in clear.
func (text) Value() (driver.Value, error) { return nil, errStored }
