package app

import (
	"studymail/internal/config"
	"studymail/internal/logs"
)

// LoadConfig reads .env and the environment, and passes warnings on.
func LoadConfig(o Options) (*config.Config, error) {
	cfg, warnings, err := config.Load(o.Dir, o.Environ)
	if o.Warn != nil {
		for _, w := range warnings {
			o.Warn(w.String())
		}
	}
	return cfg, err
}

func (a *App) openLogs(o Options) (err error) {
	a.Logs, err = logs.Open(logs.Options{
		AppPath: a.Config.LogFilePath, WorkerPath: a.Config.WorkerLogFilePath,
		MaxMB: a.Config.LogMaxMB, MaxFiles: a.Config.LogMaxFiles,
		Console: o.Console, Level: a.Config.LogLevel,
	})
	return err
}
