-- What kind of letter a template is, and when its name or kind was changed last.
ALTER TABLE templates ADD COLUMN kind TEXT NOT NULL DEFAULT 'invitation' CHECK (kind IN ('invitation', 'notice'));
ALTER TABLE templates ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE templates SET updated_at = created_at;

-- Those who lack a name: a template's editor counts them.
CREATE INDEX people_missing ON people (missing) WHERE missing <> 0;

-- Which campaigns use a template.
CREATE INDEX steps_template_version ON steps (template_version_id);
