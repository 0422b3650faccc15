--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: river_job_state; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.river_job_state AS ENUM (
    'available',
    'cancelled',
    'completed',
    'discarded',
    'pending',
    'retryable',
    'running',
    'scheduled'
);


--
-- Name: river_job_state_in_bitmask(bit, public.river_job_state); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.river_job_state_in_bitmask(bitmask bit, state public.river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT CASE state
        WHEN 'available' THEN get_bit(bitmask, 7)
        WHEN 'cancelled' THEN get_bit(bitmask, 6)
        WHEN 'completed' THEN get_bit(bitmask, 5)
        WHEN 'discarded' THEN get_bit(bitmask, 4)
        WHEN 'pending'   THEN get_bit(bitmask, 3)
        WHEN 'retryable' THEN get_bit(bitmask, 2)
        WHEN 'running'   THEN get_bit(bitmask, 1)
        WHEN 'scheduled' THEN get_bit(bitmask, 0)
        ELSE 0
    END = 1;
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: attempts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.attempts (
    message_id bigint NOT NULL,
    number integer NOT NULL,
    counts integer NOT NULL,
    at bigint NOT NULL,
    outcome integer NOT NULL,
    code integer DEFAULT 0 NOT NULL,
    enhanced text DEFAULT ''::text NOT NULL,
    stage text DEFAULT ''::text NOT NULL,
    reply text DEFAULT ''::text NOT NULL,
    transport text NOT NULL,
    took_ms bigint NOT NULL,
    CONSTRAINT attempts_counts_check CHECK ((counts = ANY (ARRAY[0, 1]))),
    CONSTRAINT attempts_number_check CHECK ((number > 0)),
    CONSTRAINT attempts_outcome_check CHECK (((outcome >= 1) AND (outcome <= 10)))
);


--
-- Name: campaign_patients; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.campaign_patients (
    campaign_id bigint NOT NULL,
    patient_id bigint NOT NULL
);


--
-- Name: campaign_providers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.campaign_providers (
    campaign_id bigint NOT NULL,
    provider_id bigint NOT NULL
);


--
-- Name: campaigns; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.campaigns (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    name text NOT NULL,
    study_id bigint,
    ad_hoc integer DEFAULT 0 NOT NULL,
    again integer DEFAULT 0 NOT NULL,
    state integer NOT NULL,
    schedule_id bigint,
    created_at bigint NOT NULL,
    started_at bigint,
    ended_at bigint,
    CONSTRAINT campaigns_ad_hoc_check CHECK ((ad_hoc = ANY (ARRAY[0, 1]))),
    CONSTRAINT campaigns_again_check CHECK ((again = ANY (ARRAY[0, 1]))),
    CONSTRAINT campaigns_state_check CHECK ((state = ANY (ARRAY[0, 10, 20, 30, 40, 50]))),
    CONSTRAINT campaigns_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: campaigns_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.campaigns ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.campaigns_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.events (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    at bigint NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    about bytea,
    detail text DEFAULT ''::text NOT NULL,
    CONSTRAINT events_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: events_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: left_out; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.left_out (
    step_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    run_id bigint NOT NULL,
    reason text NOT NULL
);


--
-- Name: merged; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.merged (
    id bigint NOT NULL,
    at bigint NOT NULL,
    packed bytea NOT NULL
);


--
-- Name: messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.messages (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    step_id bigint NOT NULL,
    run_id bigint NOT NULL,
    patient_id bigint NOT NULL,
    state integer DEFAULT 10 NOT NULL,
    reason text,
    tries integer DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    attempt_limit integer NOT NULL,
    losses integer DEFAULT 0 NOT NULL,
    next_attempt_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    claim_token bigint DEFAULT 0 NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    sent_at bigint,
    merged_id bigint,
    CONSTRAINT messages_attempt_limit_check CHECK ((attempt_limit > 0)),
    CONSTRAINT messages_check CHECK ((attempts <= attempt_limit)),
    CONSTRAINT messages_state_check CHECK ((state = ANY (ARRAY[10, 15, 30, 40, 50, 60, 70, 80]))),
    CONSTRAINT messages_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: messages_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.messages ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: meta; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.meta (
    name text NOT NULL,
    value bytea NOT NULL
);


--
-- Name: patients; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.patients (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    person_id bigint NOT NULL,
    study_id bigint NOT NULL,
    provider_id bigint NOT NULL,
    status integer DEFAULT 0 NOT NULL,
    cancelled integer DEFAULT 0 NOT NULL,
    external_id bytea,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT patients_cancelled_check CHECK ((cancelled = ANY (ARRAY[0, 10, 20, 30, 40]))),
    CONSTRAINT patients_status_check CHECK ((status = ANY (ARRAY[0, 10, 20, 30]))),
    CONSTRAINT patients_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: patients_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.patients ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.patients_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: people; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.people (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    wrapped_key bytea,
    details bytea,
    username_hash bytea,
    email_hash bytea,
    details_hash bytea,
    missing integer DEFAULT 0 NOT NULL,
    revision bigint DEFAULT 1 NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    erased_at bigint,
    CONSTRAINT people_missing_check CHECK (((missing >= 0) AND (missing <= 7))),
    CONSTRAINT people_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: people_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.people ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.people_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: providers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.providers (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    name text NOT NULL,
    ods_code text NOT NULL,
    contact text DEFAULT ''::text NOT NULL,
    contact_name text DEFAULT ''::text NOT NULL,
    from_name text DEFAULT ''::text NOT NULL,
    reply_to text DEFAULT ''::text NOT NULL,
    phone text DEFAULT ''::text NOT NULL,
    active integer DEFAULT 1 NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT providers_active_check CHECK ((active = ANY (ARRAY[0, 1]))),
    CONSTRAINT providers_name_check CHECK ((name <> ''::text)),
    CONSTRAINT providers_ods_code_check CHECK ((((length(ods_code) >= 1) AND (length(ods_code) <= 8)) AND (ods_code = upper(ods_code)))),
    CONSTRAINT providers_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: providers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.providers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.providers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: reasons; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.reasons (
    reason text NOT NULL
);


--
-- Name: river_job; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.river_job (
    id bigint NOT NULL,
    state public.river_job_state DEFAULT 'available'::public.river_job_state NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    max_attempts smallint DEFAULT 25 NOT NULL,
    attempted_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    finalized_at timestamp with time zone,
    scheduled_at timestamp with time zone DEFAULT now() NOT NULL,
    priority smallint DEFAULT 1 NOT NULL,
    args jsonb NOT NULL,
    attempted_by text[],
    errors jsonb[],
    kind text NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    queue text DEFAULT 'default'::text NOT NULL,
    tags character varying(255)[] DEFAULT '{}'::character varying[] NOT NULL,
    unique_key bytea,
    unique_states bit(8),
    CONSTRAINT finalized_or_finalized_at_null CHECK ((((finalized_at IS NULL) AND (state <> ALL (ARRAY['cancelled'::public.river_job_state, 'completed'::public.river_job_state, 'discarded'::public.river_job_state]))) OR ((finalized_at IS NOT NULL) AND (state = ANY (ARRAY['cancelled'::public.river_job_state, 'completed'::public.river_job_state, 'discarded'::public.river_job_state]))))),
    CONSTRAINT kind_length CHECK (((char_length(kind) > 0) AND (char_length(kind) < 128))),
    CONSTRAINT max_attempts_is_positive CHECK ((max_attempts > 0)),
    CONSTRAINT priority_in_range CHECK (((priority >= 1) AND (priority <= 4))),
    CONSTRAINT queue_length CHECK (((char_length(queue) > 0) AND (char_length(queue) < 128)))
);


--
-- Name: river_job_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.river_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: river_job_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.river_job_id_seq OWNED BY public.river_job.id;


--
-- Name: river_leader; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.river_leader (
    elected_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    leader_id text NOT NULL,
    name text DEFAULT 'default'::text NOT NULL,
    CONSTRAINT leader_id_length CHECK (((char_length(leader_id) > 0) AND (char_length(leader_id) < 128))),
    CONSTRAINT name_length CHECK ((name = 'default'::text))
);


--
-- Name: river_migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.river_migration (
    line text NOT NULL,
    version bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_length CHECK (((char_length(line) > 0) AND (char_length(line) < 128))),
    CONSTRAINT version_gte_1 CHECK ((version >= 1))
);


--
-- Name: river_notification; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.river_notification (
    id bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload text NOT NULL,
    topic text NOT NULL,
    CONSTRAINT topic_length CHECK (((length(topic) > 0) AND (length(topic) < 128)))
);


--
-- Name: river_notification_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.river_notification_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: river_notification_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.river_notification_id_seq OWNED BY public.river_notification.id;


--
-- Name: river_queue; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.river_queue (
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    paused_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);


--
-- Name: runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    step_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    state integer NOT NULL,
    cursor bigint DEFAULT 0 NOT NULL,
    planner_token bigint DEFAULT 0 NOT NULL,
    planner_until bigint DEFAULT 0 NOT NULL,
    created_at bigint NOT NULL,
    released_at bigint,
    ended_at bigint,
    planned bigint DEFAULT 0 NOT NULL,
    CONSTRAINT runs_state_check CHECK ((state = ANY (ARRAY[10, 20, 30]))),
    CONSTRAINT runs_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: runs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schedule_runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedule_runs (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    schedule_id bigint NOT NULL,
    due_at bigint,
    fired_at bigint NOT NULL,
    ended_at bigint,
    outcome text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    CONSTRAINT schedule_runs_outcome_check CHECK ((outcome = ANY (ARRAY['waiting'::text, 'running'::text, 'done'::text, 'failed'::text, 'missed'::text, 'overlapped'::text]))),
    CONSTRAINT schedule_runs_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: schedule_runs_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.schedule_runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedule_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schedules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schedules (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    name text NOT NULL,
    job text NOT NULL,
    builtin integer DEFAULT 0 NOT NULL,
    kind text NOT NULL,
    expr text NOT NULL,
    zone text NOT NULL,
    enabled integer DEFAULT 1 NOT NULL,
    starts_at bigint,
    ends_at bigint,
    missed text DEFAULT 'run_once'::text NOT NULL,
    missed_within_ms bigint DEFAULT 3600000 NOT NULL,
    overlap text DEFAULT 'skip'::text NOT NULL,
    next_run_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT schedules_builtin_check CHECK ((builtin = ANY (ARRAY[0, 1]))),
    CONSTRAINT schedules_enabled_check CHECK ((enabled = ANY (ARRAY[0, 1]))),
    CONSTRAINT schedules_job_check CHECK ((job = ANY (ARRAY['campaign'::text, 'retry_sweep'::text, 'stuck_sweep'::text, 'retention_purge'::text]))),
    CONSTRAINT schedules_kind_check CHECK ((kind = ANY (ARRAY['cron'::text, 'interval'::text, 'once'::text]))),
    CONSTRAINT schedules_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'run_once'::text]))),
    CONSTRAINT schedules_name_check CHECK ((name <> ''::text)),
    CONSTRAINT schedules_overlap_check CHECK ((overlap = ANY (ARRAY['skip'::text, 'allow'::text]))),
    CONSTRAINT schedules_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: schedules_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.schedules ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.schedules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: schema_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_versions (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at bigint NOT NULL
);


--
-- Name: steps; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.steps (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    campaign_id bigint NOT NULL,
    number integer NOT NULL,
    template_version_id bigint NOT NULL,
    CONSTRAINT steps_number_check CHECK ((number > 0)),
    CONSTRAINT steps_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: steps_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.steps ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.steps_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: studies; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.studies (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    name text NOT NULL,
    approval_reference text DEFAULT ''::text NOT NULL,
    from_name text DEFAULT ''::text NOT NULL,
    opens_on text DEFAULT ''::text NOT NULL,
    closes_on text DEFAULT ''::text NOT NULL,
    active integer DEFAULT 1 NOT NULL,
    allow_shared_address integer DEFAULT 0 NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CONSTRAINT studies_active_check CHECK ((active = ANY (ARRAY[0, 1]))),
    CONSTRAINT studies_allow_shared_address_check CHECK ((allow_shared_address = ANY (ARRAY[0, 1]))),
    CONSTRAINT studies_name_check CHECK ((name <> ''::text)),
    CONSTRAINT studies_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: studies_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.studies ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.studies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: suppressions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.suppressions (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    email_hash bytea NOT NULL,
    reason text NOT NULL,
    source text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT suppressions_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: suppressions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.suppressions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.suppressions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: template_versions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.template_versions (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    template_id bigint NOT NULL,
    number integer NOT NULL,
    format text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT template_versions_format_check CHECK ((format = ANY (ARRAY['markdown'::text, 'html'::text]))),
    CONSTRAINT template_versions_number_check CHECK ((number > 0)),
    CONSTRAINT template_versions_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: template_versions_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.template_versions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.template_versions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: templates; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.templates (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    name text NOT NULL,
    archived integer DEFAULT 0 NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT templates_archived_check CHECK ((archived = ANY (ARRAY[0, 1]))),
    CONSTRAINT templates_name_check CHECK ((name <> ''::text)),
    CONSTRAINT templates_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: templates_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.templates ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.templates_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: transports; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.transports (
    name text NOT NULL,
    state text NOT NULL,
    code text DEFAULT ''::text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    since bigint NOT NULL,
    retry_at bigint,
    CONSTRAINT transports_state_check CHECK ((state = ANY (ARRAY['up'::text, 'backing off'::text, 'stopped'::text])))
);


--
-- Name: windows; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.windows (
    id bigint NOT NULL,
    worker_id bigint NOT NULL,
    opened_at bigint NOT NULL,
    members text NOT NULL
);


--
-- Name: workers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.workers (
    id bigint NOT NULL,
    uuid bytea NOT NULL,
    host text NOT NULL,
    boot_id text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    started_at bigint NOT NULL,
    heartbeat_at bigint NOT NULL,
    lease_until bigint NOT NULL,
    stopped_at bigint,
    proven_dead integer DEFAULT 0 NOT NULL,
    CONSTRAINT workers_proven_dead_check CHECK ((proven_dead = ANY (ARRAY[0, 1]))),
    CONSTRAINT workers_uuid_check CHECK ((octet_length(uuid) = 16))
);


--
-- Name: workers_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: river_job id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_job ALTER COLUMN id SET DEFAULT nextval('public.river_job_id_seq'::regclass);


--
-- Name: river_notification id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_notification ALTER COLUMN id SET DEFAULT nextval('public.river_notification_id_seq'::regclass);


--
-- Data for Name: attempts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.attempts VALUES
	(60, 1, 1, 1795663779674, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(61, 1, 1, 1795663779675, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(63, 1, 1, 1795663779675, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(65, 1, 1, 1795663779675, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(62, 1, 1, 1795663779674, 2, 451, '4.2.1', 'rcpt', '451 4.2.1 later', 'smtp', 0),
	(64, 1, 1, 1795663779675, 3, 550, '5.1.1', 'rcpt', '550 5.1.1 no such user', 'smtp', 0),
	(66, 1, 1, 1795663779675, 7, 0, '', 'dot', '', 'smtp', 0),
	(68, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(69, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(70, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(71, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(72, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(73, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(74, 1, 1, 1795663779689, 1, 250, '2.0.0', 'dot', '', 'smtp', 0),
	(75, 1, 1, 1795663779690, 1, 250, '2.0.0', 'dot', '', 'smtp', 0);


--
-- Data for Name: campaign_patients; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.campaign_patients VALUES
	(5, 15);


--
-- Data for Name: campaign_providers; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: campaigns; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.campaigns OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d29b7d90857cfe13570f6cb5', 'invitation to A', 1, 0, 0, 50, NULL, 1795663778456, 1795663778468, 1795663778601),
	(2, '\x01a215e6d3a07b8e8070f4431f4fb57d', 'the first', 1, 0, 1, 20, NULL, 1795663778718, 1795663778722, NULL),
	(3, '\x01a215e6d4657aeca8da9be2c57bf897', 'paused', 1, 0, 0, 30, NULL, 1795663778912, 1795663778921, NULL),
	(4, '\x01a215e6d5387dea9e126b2c58236993', 'each year', 1, 0, 0, 10, 4, 1795663779120, NULL, NULL),
	(5, '\x01a215e6da0877a7ac003c326b9c03c2', 'second ad hoc', NULL, 1, 1, 20, NULL, 1795663780346, 1795663780372, NULL);


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.events OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6cdd07e7096c42796f731b129', 1795663777231, 'cli:root', 'care provider added', '\x01a215e6cdcf7624bd83f2b3eb11be1b', 'ABCD001'),
	(2, '\x01a215e6cdfc725ba9e692c9a9b51e9d', 1795663777274, 'cli:root', 'care provider added', '\x01a215e6cdfb703f9bd7efa8761c2e01', 'ERF00003'),
	(3, '\x01a215e6ce28745fba3c57de381181e7', 1795663777318, 'cli:root', 'care provider added', '\x01a215e6ce267a90a3b142b6f47146bb', 'EFJ0002'),
	(4, '\x01a215e6ce5b78bbbcde60b829acef16', 1795663777370, 'cli:root', 'study added', '\x01a215e6ce5a74d0ad2b50eba5fa5a22', ''),
	(5, '\x01a215e6ce8a7e299a2752d3db4da290', 1795663777415, 'cli:root', 'template added', '\x01a215e6ce877a98a7a475b045cafda0', 'version 1'),
	(6, '\x01a215e6d1b97b698ebb03f1083c843c', 1795663778205, 'cli:root', 'import started', '\x01a215e6ce5a74d0ad2b50eba5fa5a22', ''),
	(7, '\x01a215e6d1ba7ee399eba27e3939ece6', 1795663778234, 'cli:root', 'import finished', '\x01a215e6ce5a74d0ad2b50eba5fa5a22', 'rows=62 people_added=62 patients_added=62 details_updated=0 unchanged=0 recontacted=0 skipped=0 providers_created=0'),
	(8, '\x01a215e6d2287df696155522c23c0346', 1795663778339, 'cli:root', 'template added', '\x01a215e6d2237d7b9c04af887e9535db', 'version 1'),
	(9, '\x01a215e6d2a271e0a31ac9cc10e3a679', 1795663778456, 'cli:root', 'campaign created', '\x01a215e6d29b7d90857cfe13570f6cb5', 'template version 01a215e6-ce89-70ad-8835-59865fbab204'),
	(10, '\x01a215e6d2b4716c8826757e132faf32', 1795663778468, 'cli:root', 'campaign started', '\x01a215e6d29b7d90857cfe13570f6cb5', 'run 01a215e6-d2b2-7e02-b459-a6ea2ae7c30d'),
	(11, '\x01a215e6d32d715698e593773906aa30', 1795663778601, 'cli:root', 'campaign cancelled', '\x01a215e6d29b7d90857cfe13570f6cb5', ''),
	(12, '\x01a215e6d3a2741d9ce2593f4ae7fc74', 1795663778718, 'cli:root', 'campaign created', '\x01a215e6d3a07b8e8070f4431f4fb57d', 'template version 01a215e6-ce89-70ad-8835-59865fbab204'),
	(13, '\x01a215e6d3b475bb8509234e176e70b7', 1795663778722, 'cli:root', 'campaign started', '\x01a215e6d3a07b8e8070f4431f4fb57d', 'run 01a215e6-d3af-7431-9251-a42741393388'),
	(14, '\x01a215e6d46874d2a026cbdf45ab4b96', 1795663778912, 'cli:root', 'campaign created', '\x01a215e6d4657aeca8da9be2c57bf897', 'template version 01a215e6-d225-7315-80f8-ea2f240adc8e'),
	(15, '\x01a215e6d46c751f894c0d0fc974c432', 1795663778921, 'cli:root', 'campaign started', '\x01a215e6d4657aeca8da9be2c57bf897', 'run 01a215e6-d46b-7099-bd3c-53f72090e6b5'),
	(16, '\x01a215e6d4f17e31aad279beb619df0f', 1795663779053, 'cli:root', 'campaign paused', '\x01a215e6d4657aeca8da9be2c57bf897', ''),
	(17, '\x01a215e6d546778cb770d3223c8a09d0', 1795663779120, 'cli:root', 'campaign created', '\x01a215e6d5387dea9e126b2c58236993', 'template version 01a215e6-d225-7315-80f8-ea2f240adc8e'),
	(18, '\x01a215e6d54a7c5f8da696b0ba6c418b', 1795663779143, 'cli:root', 'campaign scheduled', '\x01a215e6d5387dea9e126b2c58236993', 'schedule 01a215e6-d53a-7cae-80d4-a4a33513901e'),
	(19, '\x01a215e6d5907cd990448888f22a7bec', 1795663779215, 'cli:root', 'template edited', '\x01a215e6ce877a98a7a475b045cafda0', 'version 2'),
	(20, '\x01a215e6d6527b779460b036465e4c48', 1795663779407, 'cli:root', 'patient set', '\x01a215e6d19a70c38f3483dd73e7837c', 'New → New, Opted out'),
	(21, '\x01a215e6d6ab7189a3ea327066e7e53d', 1795663779495, 'cli:root', 'patient set', '\x01a215e6d19a79628492981584ef1c50', 'New → New, Opted out'),
	(22, '\x01a215e6d77f7160b0a849cce42ebd4d', 1795663779697, 'worker', 'patient marked not contactable', '\x01a215e6d1997ea1b631bd55dc2ff162', 'no such mailbox'),
	(23, '\x01a215e6da0c7a5abe7dafee5dd4d0c3', 1795663780346, 'cli:root', 'campaign created', '\x01a215e6da0877a7ac003c326b9c03c2', 'template version 01a215e6-d225-7315-80f8-ea2f240adc8e patients=1'),
	(24, '\x01a215e6da1b79a9b876ce3d4d77c04a', 1795663780372, 'cli:root', 'campaign started', '\x01a215e6da0877a7ac003c326b9c03c2', 'run 01a215e6-da1a-7d9b-9419-8f5e32d2a7bd');


--
-- Data for Name: left_out; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.left_out VALUES
	(1, 51, 1, 'opted out'),
	(1, 61, 1, 'shared address'),
	(1, 62, 1, 'shared address'),
	(2, 51, 2, 'opted out'),
	(2, 61, 2, 'shared address'),
	(2, 62, 2, 'shared address'),
	(3, 51, 3, 'opted out'),
	(3, 61, 3, 'shared address'),
	(3, 62, 3, 'shared address');


--
-- Data for Name: merged; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.merged VALUES
	(16777217, 1795663779661, '\x000000000000003c000000a73faecbd9ca51f85ea5c0386c500d129435b38646091ecea71ca6966c6977f98c61a8502bb5fcefd53183cc04f93deabfee1a0316e23e50370e723143ce46393fe75cb9be5a9f697d6fb6fd478079eb61af0b75904ab02d17be05a1d0c998c1323e0b9a3b5ae69fbf87927376648ae458856adb13336a99ca137a81cf7af7e446cafdfca85b6b18aeae95a431dbf58f60d2fe1529b6fa8a004e6dec0d93eccb6eebfb5709fc7c3c000000000000003e000000a717af6aaeb4c6f11c355da0c7e6268e9fa48364ab02f5bbe35c4a1e354ed36f8c4dac79f6475e6dd895152317043a8b9880b9635589555c4b040a640b38cf5ab7677fac564fb2984496a04bbe9b0c3fca335800fb3fc6a008a682aa5e681f0c845c643d077f59208d841458ae58bde6c15f6b4406813bb8365a8f2fa16517df4a50974d9e2cfd4bb236de31134fd143db3fe189285b87bcf8e6bf5153b4cc2de2673c83d180365c000000000000003f000000a79193435a84f349ada39ab2a21aa56faba454fe6653f676a42d6ebe205468e1422835bd49ceca03b61db0f96611da2fdbd03d9178b3774026e8ed63b1752986c16108640d6454369a16f3d0269bdf1a625b12522ed493e939db7468ad6b170cfa3a46b9a1d0e9957e3199bf7741df1d967a4233250d3cf7e5a12883bd3b25b68735c1eb5a811f3e890d351025fbb7a1dc3ca182af23361a4cb54fe6b4ea3c161c6a9caac822f30d0000000000000040000000a7de6dad1cf880739b45ba7c5b0d4b9a757d3db5dd233d3e88b684ed3ecec9df59780dd33f6b9c3ed2ff895a7668897e728257b085aa99574402364993802e7adfbe63f84715d56b55030af0600b341ec3efc00369e50fa6445d16aae0cfe0a065f2d8a577d095dd83b7092b3b32f1ff36ec1146fb4da71887784b33587302ed3107ddab84ec54fe6d1e21535a2618e3592f4e66ddc2601d5917c24561e6b3a462b3936af70bd6e7'),
	(16777218, 1795663779661, '\x000000000000003d000000a70b1d0bd1a4e71c43d74202b60590dd6dacfb9434c2aa35c6a0c76c20ab8fd749ab75b0507a57f1b4bdbe8798441e0213a40badbd0e98bc9f29131c06cee3404afea4ec4e9ce1a85ab100e3c118b711d4baa2eee8f9491804e735225852a6059bc45b297b8a7c7f538e920ed9fc8c0e48de02858e13b230650ef7c704da81bb71e5672bfa623626278e8f2f8002a196d66a41bbe80c4694e4e17f7ca5f8a59752cc9db9fcc897530000000000000041000000a7cea76f5f998773dd064597157f95c881f97f5e5ecf748fd19df499d18ffdd3445704d910f1f0a74de816ff39008a5bcfadd6aa9c56ccdfff036b44d177270d8521c82c17e08b8d640d20f39e4bc0e2d054ad2920c13b12caa1af9b40e10410d947d9ea5b9f3f56a65746efeecb4a7135a81dee6d1b92da54d4e2f519b6bc19ac500351ea3567372526baa4e19087d65ae4d351bb4890b26ff4ec23240bb9518963a2a1525e3f5f0000000000000042000000a7d19e8edc479f36a171b1c93a53812400927aa093ea71246cecc08bbc964fc50832f8b1a046fa4eae1647a1f8ce86f1cc4766b4f2d63faf10c5cf25a5e4aae9fe1f4d1c0ecb8342f72ef6c00e1904518f171a0c7ea90326f4ed282347937fac32ed82214da4104c95efc2874204c0a18e77b9f4edd2bd886587936e431083b26f8e4c0f0276df460fbe1d57b12bee36ee34d78f150d76e8a09a395c71c4a99a53859d9970117caf0000000000000043000000a733f285f4b5d439b3a2293b62687846d58e0700c7eb9cf83689bb92933f181e9a21961b42fdd394fcd779947b57ea5438fedc66c37031f2ea7c1f0163c495ac9b6f1b4fdb36313b50ff4d840f2f7b9d97ca6e5749a363d740b9f67c52eacf660555347e9ad1b32b2dcf4683a4861a8797b1a1425df0c2d77df143924f9be0168843b4e471b4cb7f2fb0b4c8c4f18e4eb2efb4bf4ec63f2cc03c6aea688b27109e2720b9fd7a5125'),
	(16777219, 1795663779678, '\x0000000000000048000000ac939e1a666edc23ad860f712eae50ec1f5bc4cb44f492d17254d39ba76e01a602e0ff8944d786a0723129b21291bb1660d97353850ab051aab0c6c4d5d808fc8babb24ddb9ac73a526147a4ae825a74c404136d8372182bb536cad0cb8e50d20c2f4db1779264cbd243f0bb9858410c46296f7dcbd9855e80ecc9759e6be4a37fd143235c6dfbc331c1a3b4c1cd81d973c6f82d7a84667564a21ded67e80c98cdb6dac12582a82e8b027f00210000000000000049000000ac5276bd4130b3d03fd50585a479dfa81e318e0bbde1ce0edeb22a5561dac256780daa694cde79cf23f526a5561c197ac2dbee6e4577b34b7576265cc40f2076dff39e6ba491f93d9bf5a037b97367da4bd4acd02db0272429044ae84cfa40607692d2905577ba06d5da7b39ae7caf101a91950b96900ab18797b798140b90e6fd9b4dab1bbcf7c33f9bece394596159235db217eebaf2c5094fa8e9ac8f252d238d001862bb8718a63f91eefb000000000000004a000000acb8606acfdf9993e4b15785cb43e490697c8ad7260b67afd7fa6ce802f0490f7a4eb181ba648d8da3c1c561b016a3ccb82eab34e9296a06f70195367697a754ee278f1c15a599e71b9c52ca05b83b8a27ddf09cf65351995e27c506964c7b519b30be47832f17063eb2f725a6b5f81f2148cf507dd5a8f47a3e01c25f4bd8deac6f8befaa342dd284d714890511c6e9e4694d1d3089d286f56c3e74cab27cf5877d1a7c6ba168408faed4f478000000000000004b000000aca44275d90cddc5337754f26537121627a15f11f545c870c6dd20838ee045d776f3f71fa5a93acf218be55cbd2adb59429c027d69ae858c6455d619687f7ee46cc3cc0b6657dd86a0748220b8721b35d05fd0c34b090edc07a8a57b9f1b96b4fd1acb65517b530bde05c00a87c70b71039cfc4bca5de614a3eacf6c84bad1fe9dd92793df9f5f305d8d19b895d11c692939087d1d83b673d680307da6b7526dd9193292eee3bf59c18ed55241'),
	(16777220, 1795663779678, '\x0000000000000044000000a71c7a6fa0129482db2bb51738c6d00b8ae599f126989ab43ec904cfc3ad292a2362a8bdfb478d36b2088cf1d73f4ac1e932510b132faeef84756c2198ad48bdc9192674ebef82bc8d26837cca8786dc4241f9cf74c721c1d300dafbcfb463653204ad6cd2c3fc6b787b2714c05a217df970dae88bb573c17215117dcaca2a0b01d2b44df22885b6d538bfea9de1d7f70d249f9ed1fe3c4d1303df5250de6e142913f8ab290edad30000000000000045000000a7b93e0c982e6dcbe662185e2884739a319e57dac4f3febdd8e86291c3bd2554a0d052c85f76e58a83908295dbca8d874bd722bf9d405a891b3d30b6ce884feb11cd269b3d8272b2597486636a031d7edc832695208dea1e691a855707fda8217c2307e4ae79987988c4622d76193cd97fb1a622519bc784a3de163ab8b2c7f2978768d2f17f8a21c9e65ab505e3a01fc1e54831f86a8e7cdfef6ffa9fe24f1de4ab1953b2836c290000000000000046000000ac1cab2fdad1854da79560fbf6aa82001145e36a1aaaf6fe936c13f17892ad6b1c5269584a45c56a24e554356d9eac85712b595e98ab782dba6f61c427056d8dce8f2fdd2c98302478034301d812f548b12c42f29539fe73aad1256d036f0b41fb2bf507bd49d8d285b461a4cdaeb43d631fc944deddc85fc7e9f0fa18b10cdb9e8e3b1ded8afc93c8ce76e97c7b6f143a0d87a45f32edab8c7d2d9817f7cfc4c247b45639952cea2e9ae206c50000000000000047000000acd711b1985e779d43f19881e0ee6340cf0bdd22a25fe58653886f755c155895a8165c4d9a2ebaeef466b30ea7b487145309a07c6a5eca14a65a5ff3e207d8a1352d926220a1f86545da6f693fede9d7c61100ee8e489356ea82ba4d5195133cbf1e986ab29235edf925cca9e9e8b8f0b3e4fb839fac7cb70825dd51893c0b16207ff90b9d5d3420ded48a55269fee67d93c949e3940941c2b1811d0378d3af69547556d17371b999ce08b671f'),
	(16777221, 1795663779716, '\x0000000000000052000000ac20c88b33a1da7d6e0172986aaafb7c9091ef1ea47ecf8574a07762d98ed6e08193e7212c4d1c045dd6c8ab6c622bd84c384321ab53dd2849820df02c3b8ebc88acfbcf1d12eb72aa0c363172ea9c73199e7a04f7c007319185f82d760544ae70f6f0a62a3afb59ab6155c6ad96090b1944c5ac12d0b1036ab78cdd1534d98c57052e0b3b5ffda6ab345acc2cc0df688c470f977cc9f2b100560bab61e4f145e8b94bdb2a9150edc6f7b5cf820000000000000053000000ac834a2e4859d8c42c11b69a54cb9434056f97ca167f424d2b9387a7e3e1742089a5a01bc93d3d2ab819d925594194a8a6973b8224fdf864a0602c77110bbcda2a0dabc7c6756339a79a0f83712f17fa55b426987c2d3aa67eacb26ca2986d7de90f9aa68a8a968260c9069a0d29091b5183ad396f6afbf1af2c0166aef934b5c030ac4d635758f3204963b4df174f4fa55491e29e50bc238d33a11cdaaf48e9808c795861f325305e358c01970000000000000054000000acb1aff49634b911c4781d49365a347b2dcc0514e136bb76763c1ade652537824ea587701b317239465896260bb578527ed26346d76e20f83fabb64031b06de74af29448eb844b27a1777245e9218050cc08a255917a85c31db761408703fad6ba915303ee42166ab214540b560f23c8614335f354655ed9be92f781f02854a07a38b33029f84da964d799d33e994494a3474a5515b846341b5b46c900047f328b06cb51b0161ec09ced0402010000000000000055000000ac83791b0341c223a485c78bc8c0d77ca0cd6f3a8818ca05462ddea2de968f97f46ff17b247c64ae17cf2fe955b3f06e5818925d64e0600bc40a82403493836c505fbaf811d9f78fa4660cf70c6741abcddef972b35d88d7d34c1e06e81aa9bf260c1f2206645b8194ab727ef59f010a0f03b9e49a4dd0f8f3b91631ed1c2cf0262aeb2306804e54582a7d9af0d8023d50bbe064a8b4b10aeb3aa9b6314e13264032af77f1e5892254572bbee6'),
	(16777222, 1795663779716, '\x000000000000004c000000aca1674d507cccca7fa6474bced3313a0913939faaf99bdae94f141af91bcd15779acb2e58660093e8f103b70077081f7d69cc1bc371634cdffe774458f9e6240b56b5436db85dbf9cb7ccd28c53855c3e1c39661d0799d14a5f6ed765fe90112ec120b269b887efcba69c4d42e191864737c0fa843e43371fc0c48e9622e40048429bc502b45298da29ccbd2aa79751172362d564001fe64cb833c29f772c1bb6bd650488cd1b67a2752732ae000000000000004d000000ac55dfc46b1151e5d39abc7367cb65a39448f58aea73f61eb1f4fbdec35036a243e2700e13e6b4897056451b94b5267becc39caa56e3a039f735cba583b7db0d661773ee07317e051a3aebd87f07a95ddf8e0c7cd385e20e5bd461f037b151397e7fbdd08d4ea5912cbd95900dcf513f57fea1ef84da0ed22648d41bcb2268bf72e001ca990470cf635f530341c436be8ed681da87524f0acab0da07635402f3247723157f1765eb20f5bb0061000000000000004e000000acec97411ab347abf5714404505ba49b86aa564e9f7d590e7ad9b469466f1eae437628a44d527e72a2e5331a7f4281479ca3fee799566f2b33fd37cd0cdd889218d6072eb38bb611e58a0f5aa7e4a9206fb47bd85eeea0b471d0fd785bfcd4b9f6ee2bd72570c907f2400b5a74bc38c34788c63970ef1d96b9d317502117b93128e467352692610d4f3d9c409b49329960b9605794d0e1ae9f1ec9e01d734ae431b2b5d333d8ed5e7be91781f7000000000000004f000000acae00999e97a4624c9d1bded6b7b650a0c57381d3e13efd0bf7d2eb6e945eac4f1d0136755617736cf09fdd90a6b219dc163d2139c4fc1516e7c7738e9a677bf5cf0b4c1ceed002a5d405ca580592c25b3ca5fd2ea636d5e0ae66fcea694dd2667b4ca6d03fd36fdc124cc8f3aaee44db232ec6ed4fbe2e2f2e6c1fd1424650d40f96ae47642c44b9368753c1f811a057ccf5085e3b646c03f820beae00ab2262980cc40960f7e9bda9b5b70e'),
	(16777223, 1795663779732, '\x0000000000000056000000acf614f16e3f2efb088316e2b33dc969e20edbd3fe281f018a3fe1f1d3fe86d046badb7b69b82e1b0d5f396d1ea5adb38180f313d4fbc049b3f59aaf86c09d8078a51f6695485d2fc4574cc7d07270458d2b4dfce8c8028b563b93086be1c9a47d155ae687e923f0bea61d2b4e5a9d6d05123d0d06e7d95333dab44b7a7099eb6082f084c9500ee187e75091ca7e75a969dbc577aaf397d3ff06e636996f07a5d94ed96ef1afc83a54ecb45d790000000000000057000000ace3b97fa0dbe0a5f3406bcc678e8a638320d8606b015b132f6a8d4f34a22d1adb90c14a93d980d9de2da7533d456cc70334ccde22521ee0b454d8a4a5cb9159d0028e07e89b49528322e19fa27fa9fbdd2405cf75b4cdcccfb133001c88059a3bb31acefb353defa2e28dffbd2190e4197473ff49a53431cf42ec043e300138d1e9948073a203a0891cbba653dc6f3ba9fc59d1cb0b4656774acba5fbc65f2a202728cab4a9d51186c170f5d60000000000000058000000acd67ef0509884cd5812a7159d29f801c535d22a7c016e14ad8bbc4ddaf8ce30253ea86c342b58a534a7dd7240779a4560769d6540cbd99f326e1c849b4d6ffe6e0d0e69c8591f767180fd941daae8b681dc0ed79d5472251aa1f55c72130f797b90407f45f00aea40e20fb8bb47879b5232026fa38c819488beeea8d0e1b21b7074f2c90278fbaf81a138e8003ec43992185d76013a26ab44f67b2071f2c053a0c80deb7f53c3a1058ec486960000000000000059000000ac0e8280025ef3cf6e8377c8f1c36c68210b9f3f85a90a675ab79818fb69fd5329f27fbf5f6b3c23f90f4e0cb02846fcd465b73e3494a2e5b95c9788f331057b5882c316fe500aa1907601cc1dc83c61952862033fc622a0d9927ce57610814bf5652dbf9314331946730eb61d73dc8e317fd96142b716336fa241b01cb2768c8686ea103169d3b3d2e29e6218884b17e5ccb8fbfb369f1dfe6cd2fea78ffddb4123d68ffd8ffc167ee08c3950'),
	(16777224, 1795663779732, '\x000000000000005a000000ac7c400beb3fdef144d131ca6bb1c88b615bdb1dc9bd9142e8ebb0ba9feb31de1c2733520f3453934513a2122ff99eb8c7cb67543dc7896cd2fe0eca64934c50f82c05b493f5f72ebc21fa9b506c3899eaf68a8833f07df89d15dfd7055458e6fff2f599bb046bc51d8926d32e50706cb72e49ed769367d4cf9e2488197960ca4e5fdae5ee27cb95068ce540a997f84b5afa40c273e57cb70a2e3be188146f4c0d8adcaddf81142d0eafdb5efd000000000000005b000000ac1c0942dc76ad348859103b61b20e051c332b9e9e380cf0c06979715d2db1d8480f740f6c8ced5e254be3a56e4c176f6027897cbc465c82cd18c311de3499d9bc7a3f87ae102f6204b249e9fce77c381182803f53eed4da14dea355c10c284257e041c10dab0591045226eeac25f144496812f6067a645efdfd9e96f842f0a61bb1e0a55ed3e0cd0a9fa579c2ccf28d00ae3f6c243c8338699909cbb6ef868094d591c0af19078cfb1a4d7982000000000000005c000000ace19ef6851b9bce6074d84c7ac4ee3db8a8005fdf61995c9dd40d9f7f46e614cb68ce6fd37e2e93c80b49f2e7280f02cbb127d882a57f4e3e42d701ccda584e7f844550e5cbf63a16f0a97e9faca10f40e395a1c553f5c98c323b5c8b698f729409c67d3b98a8b745f15e1f1c9f6e87cb7b0cd7db39fa39f99f4882b74aa9c15575e56a77464220b9cfe15d76057e1a2bf704b046c310643f61f02fa2d1d03a2caa9c88eda08238998a774288000000000000005d000000ac7910d7af9d0e646cc44ef94d35902a403c82ad72b360e7b89680c6f296ff24aad829f568d5166f364baa7e09ab3b2268cc19f03ea445ddb66ed01e131df14588f1a02b315e662057ee4261218d992a9004f6b0927ddc756f8931d30f2694bd1d26f7c145185619bc1288d59524510aafde46272713595a32945b56e99ae2c424a671f51bafc44544e6f2b85f7b5028fee51ecba0698ee00235645c6b6f9af68c26cba083db92525ff5beee37');


--
-- Data for Name: messages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d2c87b40b699beb7c043000f', 1, 1, 1, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(2, '\x01a215e6d2c87b53901010b079eb254c', 1, 1, 2, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(3, '\x01a215e6d2c87b549d1e9284697729e2', 1, 1, 3, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(4, '\x01a215e6d2c87b558d738e453d1188ee', 1, 1, 4, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(5, '\x01a215e6d2c87b56877879966edafb9b', 1, 1, 5, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(6, '\x01a215e6d2c87b57b67c367b684e3091', 1, 1, 6, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(7, '\x01a215e6d2c87b589f33de6bd432af48', 1, 1, 7, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(8, '\x01a215e6d2c87b59a80c52889d35db14', 1, 1, 8, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(9, '\x01a215e6d2c87b5aa3087f6eb1b5fac5', 1, 1, 9, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(10, '\x01a215e6d2c87b5bae5bee390ed673a6', 1, 1, 10, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(11, '\x01a215e6d2c87b5ca1706af780f49e2f', 1, 1, 11, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(12, '\x01a215e6d2c87b5d8ef6ada99032a31b', 1, 1, 12, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(13, '\x01a215e6d2c87b5ebc913a33ac48b63b', 1, 1, 13, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(14, '\x01a215e6d2c87b5f9c5f6b1778f5e0d8', 1, 1, 14, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(15, '\x01a215e6d2c87b60906bff09d4b07029', 1, 1, 15, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(16, '\x01a215e6d2c87b61bc29c72db28048fe', 1, 1, 16, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(17, '\x01a215e6d2c87b62b03cc3725b009817', 1, 1, 17, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(18, '\x01a215e6d2c87b76b73d1a06a190d0a6', 1, 1, 18, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(19, '\x01a215e6d2c87b77a9d35f8c94727ea4', 1, 1, 19, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(20, '\x01a215e6d2c87b7885a7841d3f36dabc', 1, 1, 20, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(21, '\x01a215e6d2c87b798296046f1d11e85c', 1, 1, 21, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(22, '\x01a215e6d2c87b7a9a024cc0179da771', 1, 1, 22, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(23, '\x01a215e6d2c87b7b8f22f6f9c5c98550', 1, 1, 23, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(24, '\x01a215e6d2c87b7cba4f6c059c8ab0a1', 1, 1, 24, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(25, '\x01a215e6d2c87b7d8da62d587ef24c77', 1, 1, 25, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(26, '\x01a215e6d2c87b7eb3d9cb88ec0aaf8b', 1, 1, 26, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(27, '\x01a215e6d2c87b7f8c34af1d19d06c82', 1, 1, 27, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(28, '\x01a215e6d2c87b809972b34dcd28f504', 1, 1, 28, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(29, '\x01a215e6d2c87b81987379f306451bd2', 1, 1, 29, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(30, '\x01a215e6d2c87b829427ccab4a37a74a', 1, 1, 30, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(31, '\x01a215e6d2c87b839ff0466d17c73b09', 1, 1, 31, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(32, '\x01a215e6d2c87b849ef8b7185c94a731', 1, 1, 32, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(33, '\x01a215e6d2c87b85a71b856623beced5', 1, 1, 33, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(34, '\x01a215e6d2c87b86b6c3d8684399ea85', 1, 1, 34, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(35, '\x01a215e6d2c87b87b38030df1b0f7187', 1, 1, 35, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(36, '\x01a215e6d2c87b88bdcc9a93d6c4b804', 1, 1, 36, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(37, '\x01a215e6d2c87b89bc1a13a6319454fc', 1, 1, 37, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(38, '\x01a215e6d2c87b8aa55cbd3751c96713', 1, 1, 38, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(39, '\x01a215e6d2c87b8b86bc2ee05bff4cea', 1, 1, 39, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(40, '\x01a215e6d2c87b8ca5a3a66f8c3304c4', 1, 1, 40, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(41, '\x01a215e6d2c87b8d99a5abb53d7e7df3', 1, 1, 41, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(42, '\x01a215e6d2c87b8e9b0004b176bc6f04', 1, 1, 42, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(43, '\x01a215e6d2c87b8fb3739bf3ab283c3d', 1, 1, 43, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(44, '\x01a215e6d2c87b909d39f628f2fd06da', 1, 1, 44, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(45, '\x01a215e6d2c87b91a3ea6e41a328a43a', 1, 1, 45, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(46, '\x01a215e6d2c87b9289da7569eb929254', 1, 1, 46, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(47, '\x01a215e6d2c87b9383940c47cd58edcd', 1, 1, 47, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(48, '\x01a215e6d2c87b9485a62f452dd0ec45', 1, 1, 48, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(49, '\x01a215e6d2c87b959242a8a6694446b2', 1, 1, 49, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(50, '\x01a215e6d2c87b9691d22cdbefb2c170', 1, 1, 50, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES
	(51, '\x01a215e6d2c87b97b0500824fee6a536', 1, 1, 52, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(52, '\x01a215e6d2c87b98bb143165730d38aa', 1, 1, 53, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(53, '\x01a215e6d2c87b99b6d3d80778a8a89b', 1, 1, 54, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(54, '\x01a215e6d2c87b9a90d86e08015e24b5', 1, 1, 55, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(55, '\x01a215e6d2c87b9bb698d7312f60afbb', 1, 1, 56, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(56, '\x01a215e6d2c87b9c8c36a553a98bd0f0', 1, 1, 57, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(57, '\x01a215e6d2c87b9daf9c1a4b98c42a4a', 1, 1, 58, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(58, '\x01a215e6d2c87b9e9ce2c38e640035a6', 1, 1, 59, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(59, '\x01a215e6d2c87b9f86cbaea0cb537cf7', 1, 1, 60, 80, 'campaign cancelled', 0, 0, 8, 0, 1795663778484, 1803439778484, 0, 1795663778484, 1795663778605, NULL, NULL),
	(119, '\x01a215e6d474741eb9b58c041b00a1bb', 3, 3, 1, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(120, '\x01a215e6d47474219e36e3d509da949c', 3, 3, 2, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(121, '\x01a215e6d47474229ef8537f8f3f8c5e', 3, 3, 3, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(122, '\x01a215e6d4747423965f26a1922184a4', 3, 3, 4, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(123, '\x01a215e6d4747424a8a800b4b5ea6509', 3, 3, 5, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(124, '\x01a215e6d474742598313f1ea7f05c88', 3, 3, 6, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(125, '\x01a215e6d474742684435a0d9366f98a', 3, 3, 7, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(126, '\x01a215e6d4747427a98e638e1eda6975', 3, 3, 8, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(127, '\x01a215e6d47474289b37c3fa3cdd7c8a', 3, 3, 9, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(128, '\x01a215e6d4747429b9dd41329be68c40', 3, 3, 10, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(129, '\x01a215e6d474742a9c35bbbddb00256b', 3, 3, 11, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(130, '\x01a215e6d474742b9b0da56ca0cb0950', 3, 3, 12, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(131, '\x01a215e6d474742c9b77eb6ccaa3c48f', 3, 3, 13, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(132, '\x01a215e6d474742d88be2c4a6c34a915', 3, 3, 14, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(133, '\x01a215e6d474742eaff0a5fe68ff5c6b', 3, 3, 15, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(134, '\x01a215e6d474742fb32aae91236d92a1', 3, 3, 16, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(135, '\x01a215e6d474743096766174af29b445', 3, 3, 17, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(136, '\x01a215e6d47474318ea290aa2e461bb5', 3, 3, 18, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(137, '\x01a215e6d47474328fba272c1f2f86e5', 3, 3, 19, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(138, '\x01a215e6d4747433965e6812abddb744', 3, 3, 20, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(139, '\x01a215e6d4747434b2a77ffb5c9a1d5f', 3, 3, 21, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(140, '\x01a215e6d474743599ea929759523b10', 3, 3, 22, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(141, '\x01a215e6d47474368c19b569ccd96a5f', 3, 3, 23, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(142, '\x01a215e6d474743788672838a63fb675', 3, 3, 24, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(143, '\x01a215e6d4747438971695a32af20653', 3, 3, 25, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(144, '\x01a215e6d4747439a0f6219e5f4f1733', 3, 3, 26, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(145, '\x01a215e6d474743a8648acfd4f13e206', 3, 3, 27, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(146, '\x01a215e6d474743b85ecfc86f41e24cb', 3, 3, 28, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(147, '\x01a215e6d474743c95b5dc03d73f93f1', 3, 3, 29, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(148, '\x01a215e6d474743db13d5a8550611608', 3, 3, 30, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(149, '\x01a215e6d474743e823178ba41693b9a', 3, 3, 31, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(150, '\x01a215e6d474743fb4fe32dbb5b6e1c9', 3, 3, 32, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(151, '\x01a215e6d474744080767066605c06b9', 3, 3, 33, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(152, '\x01a215e6d47474419d6d76b14e630578', 3, 3, 34, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(153, '\x01a215e6d4747442a06ee7c57c0e29c7', 3, 3, 35, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(154, '\x01a215e6d47474439c6213eb2d9e1f81', 3, 3, 36, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(155, '\x01a215e6d474744483b8da384ae3ab2d', 3, 3, 37, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(156, '\x01a215e6d474744599b7cfaaa0f16bdd', 3, 3, 38, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(157, '\x01a215e6d474744693851709be0be60b', 3, 3, 39, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(158, '\x01a215e6d4747447b6bcb3ea772013a0', 3, 3, 40, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(159, '\x01a215e6d4747448b036fe23da4e2823', 3, 3, 41, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES
	(160, '\x01a215e6d47474499cd586ee6b32fa82', 3, 3, 42, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(161, '\x01a215e6d474744a919d00ea12a2e787', 3, 3, 43, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(162, '\x01a215e6d474744b88864c15e5d0ec31', 3, 3, 44, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(163, '\x01a215e6d474744ca54ff94f2b5f5f02', 3, 3, 45, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(164, '\x01a215e6d474744d85d194a3b0ef7589', 3, 3, 46, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(165, '\x01a215e6d474744e8f3258af656448ff', 3, 3, 47, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(166, '\x01a215e6d474744f99055bea47d45287', 3, 3, 48, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(167, '\x01a215e6d4747450a2c9a235ee3e16d4', 3, 3, 49, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(168, '\x01a215e6d474745180953a40493f5449', 3, 3, 50, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(169, '\x01a215e6d47474529c18a3afd5693672', 3, 3, 52, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(170, '\x01a215e6d47474539513e7daad25357f', 3, 3, 53, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(171, '\x01a215e6d4747454a400dcbdef825866', 3, 3, 54, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(172, '\x01a215e6d4747455abbad8bfa12deeb4', 3, 3, 55, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(173, '\x01a215e6d4747456ad22e3aa6e025193', 3, 3, 56, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(174, '\x01a215e6d47474578b35ffecb252302a', 3, 3, 57, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(175, '\x01a215e6d4747458b86f6b8b1a6bf505', 3, 3, 58, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(176, '\x01a215e6d474745984c0336e05a3b050', 3, 3, 59, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(177, '\x01a215e6d474745a8f2625a544fdf3b3', 3, 3, 60, 10, NULL, 0, 0, 8, 0, 1795663778924, 1803439778924, 0, 1795663778924, 1795663778924, NULL, NULL),
	(80, '\x01a215e6d3c1720d9328f32b0d5f3a88', 2, 2, 21, 60, 'opted out', 0, 0, 8, 0, 1795663778744, 1803439778744, 0, 1795663778744, 1795663779628, NULL, NULL),
	(81, '\x01a215e6d3c1720ebb15ef8f2076c00d', 2, 2, 22, 60, 'opted out', 0, 0, 8, 0, 1795663778744, 1803439778744, 0, 1795663778744, 1795663779628, NULL, NULL),
	(68, '\x01a215e6d3c17201a82f788a806d1685', 2, 2, 9, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777220),
	(69, '\x01a215e6d3c172029a183f9335953455', 2, 2, 10, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777220),
	(70, '\x01a215e6d3c1720399072373d56863c9', 2, 2, 11, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777220),
	(71, '\x01a215e6d3c17204aa051241f170dc10', 2, 2, 12, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777220),
	(72, '\x01a215e6d3c17205b6ac043188b32fbf', 2, 2, 13, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777219),
	(73, '\x01a215e6d3c172069c8f9d5c63b5e40e', 2, 2, 14, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777219),
	(74, '\x01a215e6d3c17207bc5e4e06e3732fe6', 2, 2, 15, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779689, 1795663779689, 16777219),
	(76, '\x01a215e6d3c17209a3151b5c97fefa3b', 2, 2, 17, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(77, '\x01a215e6d3c1720a97acb48691f97f6c', 2, 2, 18, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(78, '\x01a215e6d3c1720bbb7b299301d3d251', 2, 2, 19, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(79, '\x01a215e6d3c1720ca4e97d9d47495a90', 2, 2, 20, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(82, '\x01a215e6d3c1720fb1ff78cff8eae2a1', 2, 2, 23, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(83, '\x01a215e6d3c1721095d955bd385cad64', 2, 2, 24, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(84, '\x01a215e6d3c17211a1f9f0253cb5414f', 2, 2, 25, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(85, '\x01a215e6d3c172128e5aad4738dafd0f', 2, 2, 26, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(86, '\x01a215e6d3c17213a1618d38f91eab33', 2, 2, 27, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(87, '\x01a215e6d3c17214ba5a1dc73778a43a', 2, 2, 28, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(88, '\x01a215e6d3c17215826fa7edced62797', 2, 2, 29, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(89, '\x01a215e6d3c17216b58f68166bc05082', 2, 2, 30, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(90, '\x01a215e6d3c1721792842aa88fc9e286', 2, 2, 31, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(91, '\x01a215e6d3c172188737df6a176e4e49', 2, 2, 32, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(92, '\x01a215e6d3c17219820fdf06024bd9af', 2, 2, 33, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(93, '\x01a215e6d3c1721a98877ccadba85302', 2, 2, 34, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(94, '\x01a215e6d3c1721b93392a6441173d3a', 2, 2, 35, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(95, '\x01a215e6d3c1721c814276ac15dca1e2', 2, 2, 36, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(96, '\x01a215e6d3c1721da92c7a7e6b24c3ce', 2, 2, 37, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(97, '\x01a215e6d3c1721e93cf5ef5e0aceb7b', 2, 2, 38, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(98, '\x01a215e6d3c1721fa866c750c26d9fd6', 2, 2, 39, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(99, '\x01a215e6d3c17220af79c954723556f6', 2, 2, 40, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(100, '\x01a215e6d3c17221a953c4de41fbb06a', 2, 2, 41, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL);
INSERT INTO public.messages OVERRIDING SYSTEM VALUE VALUES
	(101, '\x01a215e6d3c17222b902f874f3a9ade7', 2, 2, 42, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(102, '\x01a215e6d3c1722387b4c49f6de0bb1c', 2, 2, 43, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(103, '\x01a215e6d3c172249ea611e25db0ebdf', 2, 2, 44, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(104, '\x01a215e6d3c1722588241740ea412c79', 2, 2, 45, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(105, '\x01a215e6d3c17226bd1d73f53ccb3713', 2, 2, 46, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(106, '\x01a215e6d3c17227a725b5fc3e9d56f6', 2, 2, 47, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(107, '\x01a215e6d3c172288fa2bc1512fb0d2d', 2, 2, 48, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(108, '\x01a215e6d3c172299f5e256a92f96700', 2, 2, 49, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(109, '\x01a215e6d3c1722aad5a592068538bb4', 2, 2, 50, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(110, '\x01a215e6d3c1722ba8b6b9414507f840', 2, 2, 52, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(111, '\x01a215e6d3c1722cb6bfd970bd52fe6c', 2, 2, 53, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(112, '\x01a215e6d3c1722d99580fb7d6811da2', 2, 2, 54, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(113, '\x01a215e6d3c1722eac5cca8031637206', 2, 2, 55, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(114, '\x01a215e6d3c1722f9088fb5524bc3e1d', 2, 2, 56, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(115, '\x01a215e6d3c17230b5f1ad795393380c', 2, 2, 57, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(116, '\x01a215e6d3c172318a3c1d34bfcbd5d9', 2, 2, 58, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(117, '\x01a215e6d3c17232bc5320b5404d71c0', 2, 2, 59, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(118, '\x01a215e6d3c17233ba35e49bebe75cd1', 2, 2, 60, 15, NULL, 0, 0, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663778744, NULL, NULL),
	(60, '\x01a215e6d3c171eab0e86de0413b186c', 2, 2, 1, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779674, 1795663779674, 16777217),
	(61, '\x01a215e6d3c171fa972680ab4db1faf8', 2, 2, 2, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779675, 1795663779675, 16777218),
	(63, '\x01a215e6d3c171fc80e726c429a26fce', 2, 2, 4, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779675, 1795663779675, 16777217),
	(65, '\x01a215e6d3c171fe91d3642c887b920e', 2, 2, 6, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779675, 1795663779675, 16777218),
	(62, '\x01a215e6d3c171fbbdfbd57f722e268a', 2, 2, 3, 30, NULL, 1, 1, 8, 0, 1795667003522, 1803439778744, 0, 1795663778744, 1795663779697, NULL, NULL),
	(64, '\x01a215e6d3c171fd8c9add95f52d2774', 2, 2, 5, 50, 'no such mailbox', 1, 1, 8, 0, 1795663779675, 1803439778744, 16777217, 1795663778744, 1795663779697, NULL, NULL),
	(66, '\x01a215e6d3c171ff80bd70376c0cd960', 2, 2, 7, 70, 'no reply to the final dot', 1, 1, 8, 0, 1795663779675, 1803439778744, 16777217, 1795663778744, 1795663779697, NULL, 16777218),
	(75, '\x01a215e6d3c17208bb80fe4a8793cd53', 2, 2, 16, 40, NULL, 1, 1, 8, 0, 1795663778744, 1803439778744, 16777217, 1795663778744, 1795663779690, 1795663779690, 16777219),
	(67, '\x01a215e6d3c17200aea967d181de2df5', 2, 2, 8, 15, NULL, 0, 0, 8, 0, 1795663779675, 1803439778744, 16777224, 1795663778744, 1795663779697, NULL, NULL),
	(178, '\x01a215e6da3572f69184c3add9b9b235', 5, 4, 15, 10, NULL, 0, 0, 8, 0, 1795663780380, 1803439780380, 0, 1795663780380, 1795663780380, NULL, NULL);


--
-- Data for Name: meta; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.meta VALUES
	('key_proof', '\x000cbf9702adaa4d6ae4b54d7707b20840b4096a01d4f8e37ff3a8bed1632bb4ccb743bc04c99d91e614e86e9868f37578b9411f05c42ae5e2e3975cdb8ad18ac2982dba0ff7cf15823add2acca115192103a472fa61f7155baf88763cba3373f62e443f9b6d2f1ed7bdcbf7c71070e9b49eba30ee1a35f0425356c4cc50fc43'),
	('scheduler_tick', '\x31373935363633373739363439');


--
-- Data for Name: patients; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.patients OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d1997e57a8a6d62f0186d053', 1, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(2, '\x01a215e6d1997e629f6d973a12e33375', 2, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(3, '\x01a215e6d1997e75896f4218b5df53f6', 3, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(4, '\x01a215e6d1997e8ca069b365898236af', 4, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(6, '\x01a215e6d1997eaebfa63ac343197dce', 6, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(7, '\x01a215e6d1997eb6a53b9d651189b072', 7, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(8, '\x01a215e6d1997ed281352959f700d2de', 8, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(9, '\x01a215e6d1997effb8e01cd55e83ade8', 9, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(10, '\x01a215e6d1997f0e8dd29501c4bfaa13', 10, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(11, '\x01a215e6d1997f16bcdf358a4a54df99', 11, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(12, '\x01a215e6d1997f1d84a4fa17eb215208', 12, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(13, '\x01a215e6d1997f2e81040ea253531f8e', 13, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(14, '\x01a215e6d19a7068b646c61a9d69ebc2', 14, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(15, '\x01a215e6d19a706f9bc977edaea01911', 15, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(16, '\x01a215e6d19a7077a1799ec87bdb565b', 16, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(17, '\x01a215e6d19a707cb2107f28d9c1d986', 17, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(18, '\x01a215e6d19a70a191d1a17f0d9a193d', 18, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(19, '\x01a215e6d19a70b7b1eab8da235c8627', 19, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(20, '\x01a215e6d19a70bd96c51fcfdfaf1944', 20, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(23, '\x01a215e6d19a79709a1b9ff6f79b3ef9', 23, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(24, '\x01a215e6d19a7978bb4f2b074d7ca502', 24, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(25, '\x01a215e6d19a79808f7b29d37d8af47f', 25, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(26, '\x01a215e6d19a7987a3db47e4a33e1775', 26, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(27, '\x01a215e6d19a798f90408d96be1b318f', 27, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(28, '\x01a215e6d19a79e29a94b5cb9ac92b60', 28, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(29, '\x01a215e6d19a79efa8bceb1cad714eae', 29, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(30, '\x01a215e6d19a79f6b946b86ff691ed39', 30, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(31, '\x01a215e6d19a7a0ca8c0f81e0822cd5b', 31, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(32, '\x01a215e6d19a7a139b8d1a27afd1a1e0', 32, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(33, '\x01a215e6d19a7a1baf79a56ec1784ae3', 33, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(34, '\x01a215e6d19a7a229f212a11a7752c3c', 34, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(35, '\x01a215e6d19a7a2b9b39112f4075cdfb', 35, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(36, '\x01a215e6d19b7207a93f7e3fb6daf64d', 36, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(37, '\x01a215e6d19b722886cc1f10bdbb77f2', 37, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(38, '\x01a215e6d19b7245bc55abf958be2653', 38, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(39, '\x01a215e6d19b7288a5a53c8d058f3ec9', 39, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(40, '\x01a215e6d19b7291ae73b7a035c565d1', 40, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(41, '\x01a215e6d19b729990ee67e8514da5ae', 41, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(42, '\x01a215e6d19b72a0a4a5d7cd334b5b1c', 42, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(43, '\x01a215e6d19b72ad96d34f31d9de068a', 43, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(44, '\x01a215e6d19b72b6895e193cd6b02a15', 44, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(45, '\x01a215e6d19b72bfb7ab7df73334709a', 45, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(46, '\x01a215e6d19b72c4bd85750f69a1ac82', 46, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(47, '\x01a215e6d19b72cbbb118717c129c1f6', 47, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(48, '\x01a215e6d19b72d2a2e2f1b92175b21a', 48, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(49, '\x01a215e6d19b72d787ca3398cb308eb5', 49, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(50, '\x01a215e6d19b72e4b88f1627c20fe767', 50, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(51, '\x01a215e6d19b72ec8b07d901520e3199', 51, 1, 3, 0, 30, NULL, 1795663778205, 1795663778205),
	(52, '\x01a215e6d19b7303b47be5c21bd3dd5f', 52, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(53, '\x01a215e6d19b7314aa4381794d4a9294', 53, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205);
INSERT INTO public.patients OVERRIDING SYSTEM VALUE VALUES
	(54, '\x01a215e6d19b731abe338720d045e847', 54, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(55, '\x01a215e6d19b7320a84c59e39159627d', 55, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(56, '\x01a215e6d19b7325a4c8d44f9df3b8a6', 56, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(57, '\x01a215e6d19b732f9331704fb04fccdc', 57, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(58, '\x01a215e6d19b733a96976c8eb7569c8e', 58, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(59, '\x01a215e6d19b734884a68076e60617f0', 59, 1, 2, 0, 0, NULL, 1795663778205, 1795663778205),
	(60, '\x01a215e6d19b734ebab48d2027eaabe2', 60, 1, 3, 0, 0, NULL, 1795663778205, 1795663778205),
	(61, '\x01a215e6d19b7354ab03b9061cab469c', 61, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(62, '\x01a215e6d19b73669c4714b6b42f9fb8', 62, 1, 1, 0, 0, NULL, 1795663778205, 1795663778205),
	(21, '\x01a215e6d19a70c38f3483dd73e7837c', 21, 1, 3, 0, 30, NULL, 1795663778205, 1795663779407),
	(22, '\x01a215e6d19a79628492981584ef1c50', 22, 1, 1, 0, 30, NULL, 1795663778205, 1795663779495),
	(5, '\x01a215e6d1997ea1b631bd55dc2ff162', 5, 1, 2, 0, 40, NULL, 1795663778205, 1795663779697);


--
-- Data for Name: people; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.people OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d1997d91894e135529ef8e3f', '\x01d4f8e37f720f60f410a414b33eb1e7729de65ec8e8edc98252715c5c19e609e474bda897cffac85be4eca2f563238a75372ff507cfa901ccb48d5c0abe4e10a5', '\x2c537f1a7eb2853e0b624d33c0fa416ebbda88197894b84753c4a0ff42042c95895cceff9ae81210b2a0a462e971ffb71c351d52dd21a259f922d2db4ad7', '\x000cbf978d2a013a3a8399908dead7bafbe3121e', '\x000cbf97401ee08c0dbb45450392a80ea1025e5c', '\x000cbf97b3f325454ec57812f1c8116e0c7b62e8', 0, 1, 1795663778205, 1795663778205, NULL),
	(2, '\x01a215e6d1997e5ba4d8ab4ecdbb6054', '\x01d4f8e37f8ca49214963f90c1c04105592110202fbfe08e604d409db5b6e033909b4e8cff7733dbead77fd42b4e97432ea32cc012f666823fb128fe11e8a1762b', '\x61f8f68123a5093226be2fb5f82b1bbf49b116532007e04ec5a128b6e5bde6c3c1d2c205cd14fb8ceff697009b98fd4d0fae010ec9be7c2156dc030badc2', '\x000cbf97fc41d1884bd5833d73a4bdbd4682bd6d', '\x000cbf971e69a0415cea2902b520d81178cdc517', '\x000cbf97c72811f5c9b6d43dc18c889c352ae56f', 0, 1, 1795663778205, 1795663778205, NULL),
	(3, '\x01a215e6d1997e69be1804ec04260ec6', '\x01d4f8e37fb26fed54dbea715ded08f7aa14a1a89371d483b11dcdd09706f2ea73107bc07fc928baa26bc85602bc26d7df00472d3b4dd6c3367de3d6b296017784', '\xa0bb2742a64a240a929fb1f9c227ee2647c872be3106f8ed1af4d92209f016ef0325848ae32800c2324343b303375ed24304522b231b8870563e2b2bec0a', '\x000cbf9783b22aaaa5d3bba2639212efbd51c9ec', '\x000cbf97eea55e7da5ed69273fdb48f71facb201', '\x000cbf97048c099f48c39e13ad5ffe6d6e495c62', 0, 1, 1795663778205, 1795663778205, NULL),
	(4, '\x01a215e6d1997e7aa17bb7213580e61c', '\x01d4f8e37f089f93bb6c038c3bf6350dcd254e95d3fd40c52ecca3182a9b32d866b02bc5545d7ce45859c16b913e5b2f0baaff23bd6c93757f90a0c2c40c17b807', '\xc3b5ef31ed1a4197e88083cd2e6f12e2a17f12ddca29e1155993cd9692f2e5a62b24c9741cb96405959e72dc258debdcb5c6676d17294f118342a7410cea', '\x000cbf97e98d7c4524941b774826ca8bcd798042', '\x000cbf978848967fcdc151bdfa0f64a2fc24dfb4', '\x000cbf97a95bfdecd049cb468241cc0226971d50', 0, 1, 1795663778205, 1795663778205, NULL),
	(5, '\x01a215e6d1997e8e9bf13cdc41372df5', '\x01d4f8e37fb4f224b863d048ecc299d74b59c4f7857360cbf808ddb850c4668f4b8e81d807f027aa7a6c5dcbb8e90b443c90e1c4e083a85cfa4c9fe3539f80b8df', '\x53301a4f320d5a5487b41cae0b80a4980f84aa48c0e97d3f4c55925af9e70bac9c876009d5a8e07a610aaeb214d1b46014ebe604a08aba5ef435c9677b2d', '\x000cbf9717e6e8c313108846f0e4360ebd081a22', '\x000cbf97fed35783c5630f2920f6f3a294528d12', '\x000cbf97dac6970665b540a2a975955ff755bbd7', 0, 1, 1795663778205, 1795663778205, NULL),
	(6, '\x01a215e6d1997ea7887c4c0b800053b7', '\x01d4f8e37f6f1f24df72b3cd38e4248acd42b42bc7074b522df12311a0b3fe692cfef096d9bd1df99e1bbaa482841f744dcc5cb12320ca02e1257a6650b4b8abb7', '\x71335b899439d6bafe176fb842d6d186523e53b2f2d55ec14eaf2cb9da79704669888da197147e1f0bd8daed02b116e62ce2cea3cc12aa6af47c4ec73cf5', '\x000cbf9733b8d057bef177ed35448c3ab3acfc93', '\x000cbf97ff165c1d58245b0c4929eae34ff7bb5a', '\x000cbf97b251ee812d200aa8ad06f1bd0cc02229', 0, 1, 1795663778205, 1795663778205, NULL),
	(7, '\x01a215e6d1997eafb4b2380548fd139f', '\x01d4f8e37fc82d64e4cc2af70f29e054b6ddcb2adb1d5f612412da9591907b2759d0bee1b49ed8592636f7d87443626999e3a821c2dcaaa8f2f9029e5d25bdac3a', '\xeeafe4932a5e2f5ee649f2747a4222e09d4d88a720489b596837a1421e3e670636326c95d41f012d16123176fbe15d0bbfe095920cf8c5475d60cb2223e4', '\x000cbf9723b51d3049be9612ec43f813b1cd0fcf', '\x000cbf973b2f96c07f92107cf16c5ec000b89aa9', '\x000cbf972ebab56069951f91e8a085b5e798fa90', 0, 1, 1795663778205, 1795663778205, NULL),
	(8, '\x01a215e6d1997eb793c16d5ec0f3d49f', '\x01d4f8e37fb8be73eb8343b175f4c2ca850b80fad6f7f56a92340abf3bb2a5fb1d3d78911e72c9a56d9f1fc3be5faa335a2efa9bfb4d44ea4dd33cbe8b3b7b73f1', '\x86d3e1ef9ab60863e0f3ffea9c86677ad9efc3c3be0ef383abac204193844d84c0c93ce30308bbcc49d32f2b1bb6f8aaa1b1e1c7c415b3e876ef446afc3b', '\x000cbf975c049d33cb06f338254aaf83a59726dc', '\x000cbf979afdc686947190705ceebb455e199355', '\x000cbf972c310de70fbaa5d834e7463c79586ea8', 0, 1, 1795663778205, 1795663778205, NULL),
	(9, '\x01a215e6d1997ed396f1a5f81b72f21f', '\x01d4f8e37f513aaac9ba38c6d3d6ab423f1c12bb69dcec11722a99b6dc2b97ef4cc566135368d3f6c08c3488eb73c0d990a4ef09d7aa0f32b93cb147a313eca993', '\xf8369942a9385ef0d9640f50add9c4d0dd5800943910ca4fac7e49f48d299d4fe74a21f3c07ec9517c2cf902aa1d38106e76129d9eb9bc967ac2ada0366d', '\x000cbf972df36c6ea6c1062a401d34662ba0b40d', '\x000cbf972230b7f9ab87f1a5005a66f4f7f985d0', '\x000cbf974cf81fbd66790da62e1b6a76eb3b4a49', 0, 1, 1795663778205, 1795663778205, NULL),
	(10, '\x01a215e6d1997f07a87177cefaf229c2', '\x01d4f8e37f1526dc40c2923dca6823dc14439cacfbfabeef8f526b192dd10b3e052e1dbea5fab0efc5058e441db10b15ad68bfbf36fcd04775b7d4d6a43cd4eac3', '\x83a053106321f52f15d598413f7899532148d65eb9002dc99345094918389325475a4926008fa557636a2e8d0887d17f0331b33cd7b451110b9dbff018c8', '\x000cbf97800828ce031254655d38ef3b4ee0e2c3', '\x000cbf9758da3c7e35e6afea6fb8679947557761', '\x000cbf972b4fa003434acb01211b00c66c5645bb', 0, 1, 1795663778205, 1795663778205, NULL),
	(11, '\x01a215e6d1997f0f9a3f4ed294fa2646', '\x01d4f8e37f7b1b420c21abecd007cedcc456c29d3cbf93a1adc401d0d6b44d593af1009f363c7f971ffbfd4df944ff370766fa2810177da3cb60b2d05e1784a725', '\x574d1dd8f29c094f7fcd07f5e1fff5df2c29a97f976af18720a5632a7973f6e27b2aebb7fcda70f149b6e40169218b4fddcddaf111908dcad6191c915cfa06579906', '\x000cbf973986fce09948c4b151272ca18818c5d4', '\x000cbf970f1326945b57fd489e9f0621d9491dd9', '\x000cbf97bdb5c62aa3c6e1bc48aa5f7fa103e362', 0, 1, 1795663778205, 1795663778205, NULL),
	(12, '\x01a215e6d1997f17b8f3d1abec6f1e78', '\x01d4f8e37fe84ed6b707c1642b8ccfe3d1df8354aff6ea5a3e33f99105358b1586dce8587fbf8efb9659223ac099ae60b585aabc47df592e7fd84cfe1a02e4ecbf', '\x5e5603fb87d55fd926116dc5cf9961923252ce90a87c57fada5fdb9b6da7af3c2ca8770571009bcc7545a5f8741e74de0eb823793c8299fc14cb7326c9295c227ef3', '\x000cbf97e9f601d317f7e78311dfd5248966dd00', '\x000cbf97ef73e3488e94a58f1b2554ebb35d817f', '\x000cbf975a3efcf5d20ea7b57c26b7747d0aba67', 0, 1, 1795663778205, 1795663778205, NULL),
	(13, '\x01a215e6d1997f1ebe57a082ea9f3c9f', '\x01d4f8e37facc2407e16a9963c7f30bc3a7e5faa3a1c9f709e5ae36e5d1cb1d7f627069cac77df46b9977ba30bd86ae3413349bde71b3254653a985babf707205b', '\xc30beea272d9a5f9f0653396951886dc7befbf025119f593e9516b622cd4446ccc0abe58e444f00e4c6bec9318aff189794a541daa4c6187ec93d1f721b405ac7901', '\x000cbf97589266268b211e373b8f34782bc51bd1', '\x000cbf970168b2dd1348be62e46f7837e59c5b8d', '\x000cbf9752afa9f0c934fb84dcf5639e69f6e3e3', 0, 1, 1795663778205, 1795663778205, NULL),
	(14, '\x01a215e6d1997f2fab70a1e2f600522b', '\x01d4f8e37fd76a832af702ded7cfaa19fb4befcd39c27ebe3c67f8d834c5dbf11d7b70ff1cc38381988fe4ecd4cb90f24023f01f6cb6a4decd5a5c703e1b524001', '\xbf7fb8cff283d9a9006bf4640c64a2ff2188f1c01d32aa7cc50dadb676f43dc587d25f1daf3fa1e4b58f45753e5805b92da7d14cd22d23eacda39d4c0e4ff88d2e25', '\x000cbf97c4bd99d12c191a72cafaf96744c1e000', '\x000cbf971e2e59ab5e79efdc84e73a330acd98e8', '\x000cbf97ebb89bb7896cadeb26badae38406620a', 0, 1, 1795663778205, 1795663778205, NULL),
	(15, '\x01a215e6d19a7069876c0ff5fab1ecf5', '\x01d4f8e37f057109d5d055001d2e80e933fc50da7ddba1711d3627934c69fd2d6ae83268cc2372c9b258c2dfd5698414756fd59ce93b5cfb8e8dd286ed9399e07b', '\xc3864eceaa0579ce4f91c58d3bf742cbd5e68b492225656953b734bf7fa97979e23365cc6f74638abfc9af836570ae4eed675e950cf29ee723583c2565beade00948', '\x000cbf9767883337034f70ef2d759ab9fc836440', '\x000cbf97056a87a67fe5b575dab68e0358d41b65', '\x000cbf970874aac71f2a93c7b56baf5fae0b9ace', 0, 1, 1795663778205, 1795663778205, NULL),
	(16, '\x01a215e6d19a70709296e34b93a736f9', '\x01d4f8e37fbad95e4a9e70ba4e2cdd8669c621f08d37df821e0db9437acb1b471d9cb0325343d5ed94b55526a0db9627b3dfd744335d593af7478e50d77456d2ef', '\x79b563a3b80752021aade29359740cfb02170931fb4407c8248013672ca09f39f1dd08d1250bf6b78b810e044fb49c6866ca0403c4f53f4a31b0f41a270656c52325', '\x000cbf97fe04a95aca449ae03ab3e1df883b8e35', '\x000cbf97dd0912830f7603c47bd22683e9ea89a0', '\x000cbf97a38e0b77aa6f4b7c8daf010ee37e6e35', 0, 1, 1795663778205, 1795663778205, NULL),
	(17, '\x01a215e6d19a707885e553e3201eae65', '\x01d4f8e37ff5489aad8b7e133427936dfae1049baa351580145f9172e38c2c0f3f44af9f54c25e734ec0f51d9672cd100d7b5648f87041a9b63517a66b6700e8d7', '\x54d8164ebb9e26d3aaa6d2e2804ed61d2db98c4724877bc402bb85c6d4fe7dc86c6e1496e69a202ecfc7c704398eb178c37d7c906201a827623c4150683567523258', '\x000cbf9714fe5a0d16dd43bcf5f8016cfc234c5b', '\x000cbf972dffcc410f3c39f53e3c2dbbc8b14a3a', '\x000cbf97d066579cdfae7db06cd8863290a29588', 0, 1, 1795663778205, 1795663778205, NULL),
	(18, '\x01a215e6d19a707d9fba8a2fdacff6ae', '\x01d4f8e37fbfe478ba8a5d5ecf9202917233cb4de659ea91056729bdd5124f161a5b887da75bced735e7da1ef172dc114624ce2660f0f8e3890ce053b1f6965d20', '\x2c84d411b5911b9a1c6e38c0ae07791ed67b7f1614322fa2ea6fa3f34b213e697c80609409dab553e061ed9b0331eee4e2644e9ba58aba80e29127609ae88533e544', '\x000cbf97fb6ed063709141415163abcf3885df2a', '\x000cbf97a1679bef9205b756ebd75fe7f262ad6e', '\x000cbf9712662bd957b31a73a1446962585f5718', 0, 1, 1795663778205, 1795663778205, NULL),
	(19, '\x01a215e6d19a70b0a58a0e3e8c67b33c', '\x01d4f8e37fcce0e0741b825f527060d1e025de64d5878bc85ecba25f938a88102b7dfe77d44daa9a5e1f9631405eb0c6475ec7f4268047477bd466a42acde66ed8', '\x026a9d17da3986e169cb91bab59b2a5c334f4700a29b34c6becdd21b1fb0b9550cabc7293f0c1c28840c0d88300b9800c9f2a677ea2a04602f921f362bdfd0fe02b9', '\x000cbf97ad0e12540aebfc26560e771b560109f9', '\x000cbf9714e3a52ec7acc2e7cd61a50899735f54', '\x000cbf97c9e7d7f26a0b932dcd728062c8ebc1aa', 0, 1, 1795663778205, 1795663778205, NULL),
	(20, '\x01a215e6d19a70b8ad2e8eb436f277c7', '\x01d4f8e37f136ac076ebe200ae93ca374bd4cf3f727b90289bbaadce62ea1444ed8907d618f476146b369c414f4d3a6763c7a93ee4417ac8aa6687e559ee374bb6', '\xda957b6aea9b8256417ff874a1eeb27dfd7a4068bb0557f224fdbe992acb813f7ce3c663b08a9dd7ba2eb875b6e3b9d294eb0850f77d1a012898ee78137da30d3037', '\x000cbf970b17e5412e0c2b43d14b9814a24bb43f', '\x000cbf97aaa0406f068232b30c3c0ea3f011210e', '\x000cbf978b6ff1b108fee7d1be9bc2be59a1bd26', 0, 1, 1795663778205, 1795663778205, NULL),
	(21, '\x01a215e6d19a70be9622ac1e3c8d8d48', '\x01d4f8e37ffd921b97ab405ab2d4d1398c2e3ff97230775e14a8b5dbcfd0f414c884de5b0ed400b0bdc87ed3a7ce40db5564854ddcc88b5b8be400b3c62b4bec55', '\xbf542a3440d1cacaca98e2ccfe51bcc88fe0b7eaa73f43ac198e7bde54d4f5296d9cf3fd2cb48207b6d47070baae1e63f9ee2ebc21dc64869525078e9eeceb937add', '\x000cbf972db7c8f236e56d2117f1a2c9d7975475', '\x000cbf97002e4c32fe385405657ea7a6f0bb2958', '\x000cbf979f8027ec10b1afdbc7e2d5b5c1736544', 0, 1, 1795663778205, 1795663778205, NULL),
	(22, '\x01a215e6d19a70c597bb2f6644b4c9bc', '\x01d4f8e37ff617f24badadd844341b45fd07aed14253e6fce4a817116415dacf325c4285102a34e48228499cf5550af8dc12d95f6a6398916309526b1ac05b6b45', '\x37dda3cbe561bb00d2b64cfe4f48e66e33781bbf0f3649eab12cfd41493950400e56f49ffd7f1973022bb0f027132890c9e27321c7d21caa6ed9fc281e4439c700d5', '\x000cbf97fea9eeb7555a6cf0bc9aa1ada29e2bc6', '\x000cbf978f477a126d40c849439eb5453a860af4', '\x000cbf97ba712f6474a2064b87aad8602a5f3877', 0, 1, 1795663778205, 1795663778205, NULL),
	(23, '\x01a215e6d19a7964af2c4b2eb7e8ce76', '\x01d4f8e37f0991727e35416c79ad0537105db47b830fdf0aa5173c5b4fda432198604b599ae050df1aee036d53a83fcd4a95be3ddcad46f061804425a312020f9d', '\xb49057fcc59da7c8e0947429482adb5398b808a8a8d758aec9ae0f2364e4ed8b3159eb63ece10463efe1b08c1f0967ff7ca700eda49b9eb63f2d0db39c0baceddba6', '\x000cbf9799b324c500eadcb7a635e1c44a2ea70d', '\x000cbf9797fa8ddcb66fe755cbf732620a720c35', '\x000cbf97cc2a6bc990c5205d3bfd8ed3b8f9cc5c', 0, 1, 1795663778205, 1795663778205, NULL),
	(24, '\x01a215e6d19a79719eeedf2fd7f1182b', '\x01d4f8e37f6b2bf39da01b311f62173a7b05528537a41fa38082ba6d445dfd187b24b503b34c51f458980351c3a53409052f6a8fde9937798a35300ea7ec924e85', '\xc776b18c899a83408ed792a5db11e0e8697f167863e5b3bfc44861c584d3bd830cb9becb529adbad59e6d5b115ff758e346dfd6e6c6c3213961f42028fa1ae80c1ca', '\x000cbf97a7964dfd1e8aa8f8f36a416416db135f', '\x000cbf979ecf892629d477533f4ef463e3b9ff2f', '\x000cbf9737eec2b4d0bd89e3d1d6dc4c7c4d866d', 0, 1, 1795663778205, 1795663778205, NULL),
	(25, '\x01a215e6d19a797998a32a0e2a71a2a3', '\x01d4f8e37f1d11e3e90a823da71a188c8aab12d6ce1d8d6dce7348f822086c61786b3b0e70f7b588fe0a48849e9139e936a240f44821fa847f40f3a5a8ad71b366', '\x85b8e4e42b5123e05a900d004e64f8ab024499bc9aaa5fd1032d04984166a3aa8e7f64f32bc134f981700c951354559b863adcbd359534aa945b599a3d51b5ccfe34', '\x000cbf97fb77bcb1c2a725e791fc335072f6235b', '\x000cbf97930de8990249a7aa03021cbec4a7a3aa', '\x000cbf975a76cdc524b524e2e90b88b95e812759', 0, 1, 1795663778205, 1795663778205, NULL),
	(26, '\x01a215e6d19a7981930b171d784d4358', '\x01d4f8e37f6cb1438174f4400cc50ec6cea5ded19547f33aa92fdc11a06dd9f9674c7cddbe403a5159a9222d7e644d1317a6ba96100d8d30e164f73a86c0b731ce', '\x94d642923a9639480258531dc060480f91baec87575bf46fd0b2e72fee66c90c7dc67ff0b85d23fe1f02aff5e73053c3a85fb749551737400e72df6bd1a7c801e87f', '\x000cbf977f79a60d2a9a00f0e0740ab7abd0db8e', '\x000cbf979550b4bf8cfe18b6faeb5d377325e163', '\x000cbf97bfe88d7086fb246966c7fb4428ebdb65', 0, 1, 1795663778205, 1795663778205, NULL),
	(27, '\x01a215e6d19a7988b06ec85c11031181', '\x01d4f8e37f91995f20bb5c87b41e978f37e033633eb020a5d27ebc96b451ac3c3a12f896fe19f5972304981f0accf5932b02704841188841ad8c3aace0bd1a1caf', '\xfe2ab4a51f254adc93811798902f9707b6d25721eaa68c75bf2483c23975bdcae58794c3305f5578f1d991c8c5571afb1f815ae412162df576c42cdd84613fd7e509', '\x000cbf97c5f87ad0d1a74ab284c8530f309c4830', '\x000cbf97efc9e18cf2ee02a57d78fa56ffcb7555', '\x000cbf97f41ea3afe0b291139ef42a44c8760e10', 0, 1, 1795663778205, 1795663778205, NULL),
	(28, '\x01a215e6d19a7990ad3fd8841caa9804', '\x01d4f8e37f01a109f40043e30b0945d8e930d4a5f0902e329ab57b752398ef577d2a33d29c8a287f6ae5013ec979d96473b9cf240b01175657aa40b15e25a9bb50', '\x1271e71026bbd38091df069789b7f22914f5488073bef45a4ab4748bceaeb35ce1c3072ca4f31709a845a6a32610c8a3f4a0bb3a54298fa7bea3e997a5e3c0784933', '\x000cbf9729b65ddb9c5e5f8175262558368ef3dd', '\x000cbf97c85718904a9bfd26b5b5b4cdfeecef55', '\x000cbf97ef505711a364b3c099193ac9b70b7cb7', 0, 1, 1795663778205, 1795663778205, NULL),
	(29, '\x01a215e6d19a79e4bd9ed770e7a2614c', '\x01d4f8e37fa12bef6f2b90b934ed30f87701cd146bd9b7fc59f1dc7cea41323f489fdad582df9a4b2619d3895588b6ac557ccaf1603c942c5e8beed6a37ca67cc7', '\xcf11b4034962a29fa808664614d2b00698b5e850aa055185a9b3a306dbd07c5e37535f11f1043698eca13de663fd3b9b61c1bf49bb44b11491f5448c6828283a5e62', '\x000cbf9763d5211d33d59a11012a0ef601f7580a', '\x000cbf97264c9ec1b8a76c0e857211f210184236', '\x000cbf9704e03d8ffe150ce0fc99b09b6ac8eded', 0, 1, 1795663778205, 1795663778205, NULL),
	(30, '\x01a215e6d19a79f087c49c81f233fd9d', '\x01d4f8e37f8a8a953e09ff2397b677624ac33a3107d170d20bf4fff1560ba38bbd6b68965836f3afbf63cfa6b9e4772d6680faf67032ea1c7100896dbf59cc6d99', '\x27a99be6c21c31c4158268c3ba585c7a833d07edf62b05aec8df8c209d2d544002dac3f4542552cb007bda9b399ea1290f3b73beaa1ab168bbab4e8f0bf37cb1258e', '\x000cbf97ad06d3de6b19adf0c8be05fad31db66b', '\x000cbf976917c63d1e20ad9f9b2f1930c5730046', '\x000cbf973c1653715578579249b8ce2a32b57a80', 0, 1, 1795663778205, 1795663778205, NULL),
	(31, '\x01a215e6d19a79f7a0348fc8a042888a', '\x01d4f8e37f8263325020b3169e586a7112e1da14a05a7f0fdb1b1eaf1d3a60ab3358f4aab3d5b113ec1a30c09de3f2dd048fb09ddf9e9132916db9d405d5ff8feb', '\xeb3a79157e03547978b7201b9a7aa6d8fc8000635c97aad4c13db3e56ece76c013c900cfd5ca0f5cdaf128cc5d213e950ce17574885b4b1e01a8aaa26720e312ea82', '\x000cbf97189f889ba66eb6910b17de3cf54a938b', '\x000cbf97b2bd8db40331ddd80e3d806d12a67797', '\x000cbf977fbd8dfac4152a8ef55d3c28cb54c09e', 0, 1, 1795663778205, 1795663778205, NULL),
	(32, '\x01a215e6d19a7a0d9d21e74c6fd45f8b', '\x01d4f8e37fcdc71370cf7142738eeef60a00ee48ce8edcad11d6c4818742f21dd7513c1ac6e79b970d916525f2a04d30abf6632a9f0f021763bc51f1397d594e42', '\xfb083a1c88ac7f3bfdc5847dcae42d9d3cd2c4087486e32b4483a69f3c482dc5da68cbf2916bf914c7f94478b6ff966325f10e1a51ea72aa7e3cd361bf30a975f714', '\x000cbf97e01b0ea356e3ea6f4bc1129202610108', '\x000cbf97d1a89132ffbaede77dcf2d44a0295ade', '\x000cbf976a0d73b42e77a94aa96d1bf43e9a6bd0', 0, 1, 1795663778205, 1795663778205, NULL),
	(33, '\x01a215e6d19a7a14a4631b82b8d9c5b5', '\x01d4f8e37f9e36aa1313353ee8aba943590e4b19b2be0328f88ddfdf7e517b880d05fda1dcca9ad912869501c19ac37a0dce1c66b1ddc1a57dea87c878ac521d2e', '\x1412c6cd102a9b6c5ca91a037688f87793bdc19329247d6fb2fb28bb9fbfa8e330b999b271b5278ef234d2db9cd315fff240ed0b0cf4c9de17692c5158b5b904ad0c', '\x000cbf97edc54c5407c95cdf8d49ba5559f20dac', '\x000cbf9783a881029c7cf0ba016b72e336ec0039', '\x000cbf97d6eb5e75ce71cf01a212cfa223e39bab', 0, 1, 1795663778205, 1795663778205, NULL),
	(34, '\x01a215e6d19a7a1c949a9b390e5295d3', '\x01d4f8e37f4e94f8eff1d09a2fd625e20c7a3e2ae55cf8c86aaf00a4472fcd44cb069172e7727b5a782d649dc3e5bdfc210c8669dc6e161198ba4b7d7172c3e7d2', '\x4b2993571417caf49f3a76703ddf0169098f39b5cf4e3f43cbff7adeeed15342615b9baf68d8f648e891779c7e9cd2f65297d04ef0e1cb56e0623709d8b1ecdae3f7', '\x000cbf97fb6d87e122f93154be883abca3e15936', '\x000cbf971be17b642520093076a95e00c8b1e2e8', '\x000cbf9720d656cd7a9ac22425169a4e2da56157', 0, 1, 1795663778205, 1795663778205, NULL),
	(35, '\x01a215e6d19a7a239f608c6e48cfed96', '\x01d4f8e37fff01a6606e1b9c45798fb9b816087f727352c9daa8e849770f1a42622758631a11b63781f2b26ca63ee4f067a647506149ce09f2f5cceab068ca7320', '\x32716d0e7b36bddc745cdc71960d938f249024dc7fda2960ed455b1fc0d5b8d9dc79497fec374f52a13c377d6ee084c5e28cd0898a68bf490a71058f89ef8ba4d77a', '\x000cbf975489a9b8eb2b7d49cd78f786a235ed75', '\x000cbf97fbf1e0de3761e3620ccfa73bf803f7a7', '\x000cbf97c415486df05f8e1e5daf64c24a3527a6', 0, 1, 1795663778205, 1795663778205, NULL),
	(36, '\x01a215e6d19a7a2c9f89e8afdbf04f42', '\x01d4f8e37f3c74423c0ae9855c0009b93fc496db2beafad56cc0f41b9d6fdaf567a0e597dc428cbab0754e060d0dfa35030ced3859b1cd67d6bf9781a70753f753', '\x781a8eb788c367f4a9632363404211f3d1c1e4fd06cf683dcfac8df3e547de2d311e61a461619f8e0635f7bdf7d69b2f0bf20b3142012a98950d8c959cff64712c8a', '\x000cbf9708f30333408e559887111c1e3a43468b', '\x000cbf97ec85ce1589b6e79faa48e7e46c5361c2', '\x000cbf979f7f0ee66e7efac4ea247e080fa77d7e', 0, 1, 1795663778205, 1795663778205, NULL),
	(37, '\x01a215e6d19b721ab9260b7736ed035c', '\x01d4f8e37fbc68e7903ebdff94c620af2ce3be08d7394cb1d7c5ef051404218b38c83adf72f9819a526959415739caabb371f16aa207ffc985bd3862b150416a49', '\x3d365ac605e18cee625d89a8c12ba31d88afc4edcab9bc1c440b0b7855bc3cd57f160cf4ad4742335cdc2856a3cf8e8a371486892687a69b06c5e3e2ad881d350888', '\x000cbf97814a01dee9563654451477332b735d91', '\x000cbf9722ce4c329e533cb2d49a069a4c8eac7a', '\x000cbf97b4c5e0670173315b458576689936be5c', 0, 1, 1795663778205, 1795663778205, NULL),
	(38, '\x01a215e6d19b723ba512c0bf849d29db', '\x01d4f8e37f42f36e2661283611981630a4c8f323a822a581c43146a3e8dd5f093bf2d53ed8ca24fb0e0b8bb1ec0f81f5ea8a7540906d9efe02f3d3df5a4e2f7a59', '\x8535796ab7c8dc30e2481a6846630cf11947558c8a08ea9b844d86680c940827231732de0a00aeda3e1ca3421c8e37ee0fdf0734b58fe26b8076c12d227e9de8eba6', '\x000cbf970263ff31d3404daf5dc86ebc6cc92bc8', '\x000cbf977570491ff6d2603b8683b1306974a026', '\x000cbf973b30c7485bd3c63442943273aed1bca0', 0, 1, 1795663778205, 1795663778205, NULL),
	(39, '\x01a215e6d19b7246873d64b589d033ba', '\x01d4f8e37f08dbc0a2f177bee397c48c3e33fa0969b1d5ad82559b87271bbcffc29490cc7d363dae2e5d0ae8517687d74ed37fdc8d5c1dff5fdf0f61e685c1b26e', '\x6f1357c6eb6be7599edba0cb8fb533faac19d95622e55b871be0160d43c44072bee0d8a62b8ed1365afa711ab41e8b1df60949dc2032e0c71f571ef4b766fa9d11f1', '\x000cbf97134067d9251ea4fe528a737db23e391e', '\x000cbf97e80bea031370e935090dde4810c68283', '\x000cbf97973509fedcba8851e887979e218d3f8b', 0, 1, 1795663778205, 1795663778205, NULL),
	(40, '\x01a215e6d19b7289915e2fa16e6911b0', '\x01d4f8e37f198a694d441b473e081989d1846a7da9a9b6be8e4989b3f5abed9b978b496d9e28c4eef24a4511b5f4ca1f50c735e58cb50c1430cbe94489bbdabc46', '\xca5612de401ae8f884b536bae233f618aeb7e5a7548703d311528753165c55c42bbefacc6fb0a3f07bf377d8b0035ec4e28f4fec4721ad0fc5c491976003df325a16', '\x000cbf97cdb02892b5c0f68b70728f2a957ad432', '\x000cbf97c4ee795ced5362732d68e13643276cfa', '\x000cbf97d11d6f686e4afaf19111701225d717a3', 0, 1, 1795663778205, 1795663778205, NULL),
	(41, '\x01a215e6d19b729284d91f72c02bbfd9', '\x01d4f8e37f5278fbb9cd2bfb984a60c763c91db0492f614b6bcecd37131eb2b8b4ea86ed1e462c0ee4747e12f662700925d4b945708d3a3677312511562667ffa6', '\x1a52af08d19c6b7507863a13ff108b64e7ba3985ae81fade4c5ca1c6518e3fccc6164ccf48f0b32b14fb39d8c6ab320f6abf16e53cfaa224fb17d18b45cc66fc0ff7', '\x000cbf9788236f3d5f3cfd94d249e38e84189737', '\x000cbf97b09ba71778e08008d74416f9d2b64ead', '\x000cbf9726bfef55763b8d9b495f352064644223', 0, 1, 1795663778205, 1795663778205, NULL),
	(42, '\x01a215e6d19b729aa51be0017a656300', '\x01d4f8e37f132438b6949142db457a2d6dd8373b769412a9a453661d9492f0dcc6363b22eae254f44707006afc52fc1deae487778d14a5d62dcc73bab9161f1dca', '\x0d8ccd8fc0ce571954587d147b6edd1ac7e2168e246f2d2bef0c131a758f2520d63b6935e14b79659455425959a7b301599c198887e66f272738d43d0715be76d308', '\x000cbf9711059456fd021cc3210f91a5baef280f', '\x000cbf97df9e11969f96a64a2c786f31d870750b', '\x000cbf9755dc67ca1bbc1e2aae1bbcb60a717303', 0, 1, 1795663778205, 1795663778205, NULL),
	(43, '\x01a215e6d19b72a1b909f6a4411c4423', '\x01d4f8e37f2e92661ebea2b556710b47f6d2ef3af665d762a1d2d772bcac4a93205a7e8abe7e8a30cd95148dfecf92e91937c84054e768025701a240a980289d44', '\xa5c20a4a4fc9a7b7e7cf3f982d9909ac435005200821898d598fc8b86697ec8cf44c9d7c30e3cc6ff496aa99adaf3e7a059886b87d955af206afff028622383e089e', '\x000cbf97e121b9c52cef768be79e2c3df64a8469', '\x000cbf97ff4276ff9bf2e8c86f120ef8bf9273b5', '\x000cbf97c360a5d0ec561659fd146cb1b5512e10', 0, 1, 1795663778205, 1795663778205, NULL),
	(44, '\x01a215e6d19b72ae9b1910ca2f40717a', '\x01d4f8e37fd9659be1f4808114f732eff4708593c59d9b5ced3285d5579af9409737028eb7e15bd3c21eed072d807c611a133f3a48288806d7e919f8dd77e7fd9d', '\xe64c7c604f8840842e32d3fccacdadcf33664fd6d9ab8df4d5fb85600212cc3fd0419b6691a29539813b093f5e65590e7a426d71df8d485754cebd23ca8a4b8738a3', '\x000cbf97fd6f7c133583c48c4349e93300dbf8b5', '\x000cbf97700ec3c569517d3c64d4ea556a730c39', '\x000cbf97c42884cf2ff6751aa56ef8bf38d8aac1', 0, 1, 1795663778205, 1795663778205, NULL),
	(45, '\x01a215e6d19b72b7ac89313efcc9f63c', '\x01d4f8e37fd18d3284fd204cb90fc0a881df3d911777b7d860e795cce7c5ae6d12e1e94c5420367323939b3057c147150dd5fa8b9cb95a2b4867f0a9f2428032af', '\x5911728b2d26066229730032c48d21a89d99409822a4a78f93af5d6024b8f91d0ef0532d22700348d8f2fb3015d09822ebca7944f81ae153d93a86797d70797efcd2', '\x000cbf971827851785f6d0a698a026fa7640c0a4', '\x000cbf974268bca7bd9d4ca0005e27faeeb4aca5', '\x000cbf97322c306d5c3aa5e069770a7ef595501b', 0, 1, 1795663778205, 1795663778205, NULL),
	(46, '\x01a215e6d19b72c09f0d930934dcec58', '\x01d4f8e37fbd42a9790ab8705413ed27e1a96e8b1c088dba7b4280b4346f2ce1dcf18c00fda1d46182d2e16232b382a53d9901186835d3f72478a61f3164acf334', '\xf6a543ec543793c73d70d47938b3b049dd999cce469721907f83e8efeae6cf6f2e1c593272383b6dbf1969e8d532edb57098d5e7ca488a16a3219ea5e20fd20f70ef', '\x000cbf971d4a64a2df93724f921ecb282532d2fe', '\x000cbf9755e2af9ec1f80a639d16778e52e6eeb1', '\x000cbf97f73f74e4dc57c7a2787250159dd6d2d2', 0, 1, 1795663778205, 1795663778205, NULL),
	(47, '\x01a215e6d19b72c5ae8e1eeea2cf8fc4', '\x01d4f8e37f7ca800018f3db4024b58b5b2e96bdfc4d3827281be8168f2f8c1c5fef20f5be3de80ad38ce95c8565e0f92962334130439871618618dbf1497f3bc0b', '\xd97c634ce1863504c4099e7800df0cb438edf96813de964aab5546468b1d2cbc63c08ccf853bbfb90c3201373012748446931656a1c8ad56247510772e7a59022561', '\x000cbf975e703ce6767a901f2b38e06a0215936d', '\x000cbf97d0611317f903a68c2c19a3651ef56633', '\x000cbf97830aab674fd99d0707ba3348884f2556', 0, 1, 1795663778205, 1795663778205, NULL),
	(48, '\x01a215e6d19b72ccabae6068009999f9', '\x01d4f8e37fd448ad98ea9ff2344c0e418ba56408664d84910e896fb601007dac26e4232a2e27b26dd33832e8a13568f3c9fd3789648b202bf04f709bc78b7f65a3', '\xbe75fba5ec16abefe4bf2220c3fecec64d1b2a71c61b36c0de1ac5e186838b74791e3d507df8be9b7d43d267825dc8a3075fe8f965f62c883320695be5a6928a6d4a', '\x000cbf9792ecd93c8732f7922e7926f5521b92fe', '\x000cbf974b03497c69bfada7204ddd2bce81fe27', '\x000cbf973e71ba488b230b0b055645b0ae73abed', 0, 1, 1795663778205, 1795663778205, NULL),
	(49, '\x01a215e6d19b72d39353d609a344385b', '\x01d4f8e37fc91d31dc317a2702d5a094f33f5386d983a8c246ae51f2cc8552ef74a1b9cac8aa8c7cc44e87b184c6b945462efdc3da1c52b437f24bbfe781fbe978', '\x772d08e836dfc43c57b7ebe3f2aa94149fd993b8d18f751c54f00baed5fb65da64c513fd76923b87bd1eca39ad2f0dc9e351c0bd91019e53288f3a9a2b9ad6bd9ce4', '\x000cbf97a1c956cfe97d15221d783426f78aff66', '\x000cbf9772a7e2ffcfd2255fe902f6b31df0e34a', '\x000cbf97c90e4bbb8de831ed09a47fcad36948e5', 0, 1, 1795663778205, 1795663778205, NULL),
	(50, '\x01a215e6d19b72ddb0c261cda9230318', '\x01d4f8e37f10733dde18fc21de0bdbff1c712c9ea63c03890327746bebf93e84798e8d4c2dd25ab8fe76acced94aec165e6658af155b34a6615d0bee1bd208e9fa', '\x035b791a278bd16e1b1769452c78acfd629ee0a1fd8c095b21759f34d26904da24dfbea2623b701e3814c095b42e8bacf2e58b404348fda27266fd74f667dadbf5e2', '\x000cbf979f32d7c9951fa4ee282ba8e84b39ad3e', '\x000cbf97d5b0741287817e974a3445fe5c49a9d8', '\x000cbf9788dcdb783337e43c4b5504ee073c6ffe', 0, 1, 1795663778205, 1795663778205, NULL);
INSERT INTO public.people OVERRIDING SYSTEM VALUE VALUES
	(51, '\x01a215e6d19b72e59b4e74266b1cdcb1', '\x01d4f8e37f6ddb5c710b1066f4426fdf837f429d826d3c777cd83b2b106118e1bbb25b8996a23aec2c39dd2e3b6d4a0bf6dcee56eca96ff63556f84064463fdb61', '\x3c96e2b8912e535ecdb0595eddeb6d9bcc421684034c3ad843da28f9599fe8c264cd6090da5c510bd2b73ad2d81656d37bc3713b2152ee5f7ae245c22266e78965404cfd', '\x000cbf97ecf90ea70bb6fcb3aaa827b634830d9c', '\x000cbf9733e6614963469d65a9ee3bd62ed466c9', '\x000cbf971ba7f113228a4dee64b5213ab327b4ac', 0, 1, 1795663778205, 1795663778205, NULL),
	(52, '\x01a215e6d19b72ed9d47c3a394232e32', '\x01d4f8e37f7449cf06178dd104e27fcfc8b131f65ef4ad053e38c5a60c9a1558557d2654d6a0d61e9561b886e90159a3f1db6a90acb406ae01fbdd6a08691e684d', '\xedcc51618868a544ace328be2dc8ec8591d7fe9f23a46cfff07dbd619f4419ecf35b1a7a7c61fbb6287123f6a245877856c4d778caf0acb66e2f03253f92fd76a5e6', '\x000cbf9770a4c63b9754a8b309709dff76a9fef1', '\x000cbf972e47b88f42375d7a193ba708725f7ba7', '\x000cbf97367987b70ec427458748f5b59e2c8f6e', 0, 1, 1795663778205, 1795663778205, NULL),
	(53, '\x01a215e6d19b73048ba41d1a46923d0d', '\x01d4f8e37f508367ce0253bf2a828158dd69ba34f1aa1bd6e4547505e5e46945ddfdaddc60d4d722f3a0a6ababeabf0e55bd0a39878b568e3541241bb05bcb5bd7', '\xa0cbcc5b66f6315fa0afefc2212c21e6d7044b3ae41974b9294fe3f2429b7efdb608b87f8e224919cbda3966d3490aff24a5d2ca09d32b8ab78612f6c9f7f3fb843b', '\x000cbf97697dfbbcb58a1d6f338dcbed40b1c1bf', '\x000cbf9748e68019a6596cc7c70d6172cb38ab4a', '\x000cbf97c30a4934ba70eb3f22be615f6ef30bdd', 0, 1, 1795663778205, 1795663778205, NULL),
	(54, '\x01a215e6d19b7315992b9224dc07ae6c', '\x01d4f8e37fa84aa367b2ef1cfcdf686fa0fe0c6f86e90a59450336661a29a5a70b7cd62c25be4ba3263f9499d9fc203f441d2ece2f3e7135ef82b546ab833915ea', '\x1454c5a110d19bf9b2361a18033bb28785cbc5f101940850f0807bdade8e7a3d558e8abcc24b98ac0c9646df98f1cf0f618b72e63ea22f42b7fa11b5591b0d673e70', '\x000cbf97117f1bb7ad204b39ba4fb0459d4a10fa', '\x000cbf9730b0e5fd4fb1791db50dc0b9640f3121', '\x000cbf975925e13b84bdd34a07ce95e692ad3316', 0, 1, 1795663778205, 1795663778205, NULL),
	(55, '\x01a215e6d19b731b98496b176217d99c', '\x01d4f8e37f519582cf5ce64f78f12e7a38f4e54ba24d515b3469043dcede3c2f15178e2210902e28bfae01cd547dee791a752688b435a01f3e3782a9082a81b113', '\x02fd39e5ecfc8db4186daea2f7c0aad2437c2df2fd9eabdadb5be2579d8bb96bda1efa3e11eae4c95bc9e817cb704e35bd910b84bc1707bf79933bb8bdb780294d17', '\x000cbf97c4f858a8308e67125014e48ff8062806', '\x000cbf97b8fc14c684157e02ba47fedb9e2dbcad', '\x000cbf970adb99caf2b08f4486e97dbbc3d3a24a', 0, 1, 1795663778205, 1795663778205, NULL),
	(56, '\x01a215e6d19b73218e1c9945dfe0c188', '\x01d4f8e37f86169389611b0634cc02abd53cf38ed712288b3fe450aa471e75f87b0be8c4b29ca8fab6eeeb1ba562708296016d0173a3b53e0792946370f3465389', '\xe83c08f72ffe7baba122b976598de2ed3c8532eb5c4efebe7c12a3d27867662c608ab39c1f6c7bd27757e9d4f24c5231d03e1cf7d1d33c35f5e04eb1c627c7f4f42c', '\x000cbf97098356d1ddd2738e325ddfd8f0a6c727', '\x000cbf97dc621823726fd574f4d3198160dc361f', '\x000cbf97c780edfa308276aa7f77d7552bbac3cf', 0, 1, 1795663778205, 1795663778205, NULL),
	(57, '\x01a215e6d19b7326bdfeb4783178ab63', '\x01d4f8e37f44a2549ae237aa483e9099137824c0e5779f0112911130c0b5a643e21d37f82649294f49c7f5bdba05162bcb3e8a8a5853da63a4b084215060516b77', '\x2edbaba428164f2442330c672974e7dcb278fbfa90bdd94d62b336c9fbc154afb01fe0cceaeaf25239c5d0c59fbc28e6243379397452e4824dfe8cf9bc0d6fd00d74', '\x000cbf970530390ddcd29ad7412d2cdbfd1083fa', '\x000cbf9766f2bdb27e110d48dd203235fbc38d36', '\x000cbf97681459429baaeffc740eab293344f5ce', 0, 1, 1795663778205, 1795663778205, NULL),
	(58, '\x01a215e6d19b73309c71e56673310901', '\x01d4f8e37fa01af39210826c9307f46fc5a7391fd4887a3648f821e1179d1fd7042b680ed97da51f620257f0f6244f1b94ca92981b422598c102180f12c9cc4ec6', '\xe0ad5d4af72170e20651ad6f576199cc4c185770c2e53622b9925856f02824436af0abdd8afe6839c05c4456106bc8ae0f0060aab1083a9c166a39a6a6806aa4a031', '\x000cbf9753b11de3df6110290d881d6d251513cb', '\x000cbf97924403f098003987ece7c59a6d687d2c', '\x000cbf976e860bdfbcff770d133e01c7caa07bfd', 0, 1, 1795663778205, 1795663778205, NULL),
	(59, '\x01a215e6d19b733b9e5111ff1b6a9569', '\x01d4f8e37fd1dabdd1dec7c4c45cc442d2cd69e8af62101323ef3b82b682b8fc8e7b062ca414d0668cecab8db3acdf8b40bcb69ddce2bb33cb0eef2630cffd0f6a', '\x8accd554bf755c3d4efddbafae378ee234c191db8b50e03dde587587b5fdfaefc3b35159ea6b7be495d081c6956edccc955d0a884fd75df1f27404562793af5b13fa', '\x000cbf974ab56c5585842b67eeb811189515ebc8', '\x000cbf97598a490bbe18be179851248c47fbd8d5', '\x000cbf971dd3a99a3d999a3b8fe89f1960113f04', 0, 1, 1795663778205, 1795663778205, NULL),
	(60, '\x01a215e6d19b7349a924451ba025da3b', '\x01d4f8e37f6e42b8863e466f78b8a2c481b1e0a1a2bf27a6d1872700214cfe00a8d4b1c99ff823b05fce37e336b398304e6b9e5f3a21506d2a62bda15756b27c78', '\x720fb14b769d32fb6a1820f60af5ac0d8606c63fc7ca5f1f85f23812a07cc1bfe2e8fcaf632589dcf8a515b4f8c26c74f1be634d20a7760a2d8a5973c8bc2c26ca35', '\x000cbf970f3ec68da6c0428736c7fd53d3b6cde9', '\x000cbf9732186716e076cc874d39565107995106', '\x000cbf978c9fe4c39cc23cae51ac2bb90baebc7f', 0, 1, 1795663778205, 1795663778205, NULL),
	(61, '\x01a215e6d19b734fb304f7e9efe9b494', '\x01d4f8e37ff670afc578b1e18bb375b54c9bc2940ecc1f7422cab69593271b18e8f24e2ab4e36f73296f144523215f9b06f37ee42b0368157941eed111b4bb822e', '\x79ac8b760a6681a6d34785438d58b4deeaa51a9a1b70ea02cc3b887972d35fc1fff9c07b590bd6c1bc8e9f6ef1ff2c76be06f769139ceb29577212b15ea084cb1198', '\x000cbf97a03af9e991ee2014a88d44504fdc4f14', '\x000cbf972be7d83af27d793414f62302dbdc1670', '\x000cbf979b051abae526b5a7f1dcdc25285a41bf', 0, 1, 1795663778205, 1795663778205, NULL),
	(62, '\x01a215e6d19b7355a14ae0240d256f8d', '\x01d4f8e37f84aacabf0b4563f01c4b4564c5c6c981206d828c85557c42d5d5e44bb81d8fc0ecd4bb6410cdfc130908c93428cd4020e31e15abf3871254869bb0cb', '\x2f4a38fde2677f9e6127ce15d3f639d3baa7546c29bcfb83f851a57b2eb586733c3f7a693c7c1b8d2a4cc87c17397d2d75d474fd6d6e9798ca19de984dffbadc3634', '\x000cbf974a031899e736b43e6363e21b5fbd3430', '\x000cbf972be7d83af27d793414f62302dbdc1670', '\x000cbf9775e7a5e70943d0e12d8c7f7ee074ad41', 0, 1, 1795663778205, 1795663778205, NULL);


--
-- Data for Name: providers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.providers OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6cdcf7624bd83f2b3eb11be1b', 'Smith''s Surgery', 'ABCD001', 'Dr Smith', '', '', '', '', 1, 1795663777231, 1795663777231),
	(2, '\x01a215e6cdfb703f9bd7efa8761c2e01', 'Patel''s Surgery', 'ERF00003', 'Dr Patel', '', '', '', '', 1, 1795663777274, 1795663777274),
	(3, '\x01a215e6ce267a90a3b142b6f47146bb', 'Jones''s Surgery', 'EFJ0002', 'Dr Jones', '', '', '', '', 1, 1795663777318, 1795663777318);


--
-- Data for Name: reasons; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.reasons VALUES
	('not New'),
	('not eligible'),
	('not consented'),
	('opted out'),
	('not contactable'),
	('suppressed'),
	('no address'),
	('shared address'),
	('patient missing a field'),
	('care provider missing a field'),
	('study missing a field'),
	('care provider not active'),
	('study not active'),
	('study not open yet'),
	('study closed'),
	('already had this letter'),
	('erased'),
	('PUBLIC_URL not set'),
	('refused'),
	('no such mailbox'),
	('attempts used up'),
	('expired'),
	('cannot be put together'),
	('no reply to the final dot'),
	('the process died in the hand-over'),
	('campaign cancelled'),
	('settled by an operator');


--
-- Data for Name: river_job; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.river_job VALUES
	(1, 'completed', 1, 5, '2026-11-26 16:29:39.625792+13', '2026-11-26 16:29:38.529059+13', '2026-11-26 16:29:39.636409+13', '2026-11-26 16:29:38.529059+13', 1, '{"run": "01a215e6-d2b2-7e02-b459-a6ea2ae7c30d"}', '{vm_2026_11_26T03_29_39_577815}', NULL, 'send_pass', '{}', 'send', '{}', NULL, NULL),
	(2, 'completed', 1, 5, '2026-11-26 16:29:39.625792+13', '2026-11-26 16:29:38.776082+13', '2026-11-26 16:29:39.636429+13', '2026-11-26 16:29:38.776082+13', 1, '{"run": "01a215e6-d3af-7431-9251-a42741393388"}', '{vm_2026_11_26T03_29_39_577815}', NULL, 'send_pass', '{}', 'send', '{}', NULL, NULL),
	(3, 'completed', 1, 5, '2026-11-26 16:29:39.625792+13', '2026-11-26 16:29:38.935997+13', '2026-11-26 16:29:39.636525+13', '2026-11-26 16:29:38.935997+13', 1, '{"run": "01a215e6-d46b-7099-bd3c-53f72090e6b5"}', '{vm_2026_11_26T03_29_39_577815}', NULL, 'send_pass', '{}', 'send', '{}', NULL, NULL),
	(4, 'available', 0, 5, NULL, '2026-11-26 16:29:40.408537+13', NULL, '2026-11-26 16:29:40.408537+13', 1, '{"run": "01a215e6-da1a-7d9b-9419-8f5e32d2a7bd"}', NULL, NULL, 'send_pass', '{}', 'send', '{}', NULL, NULL);


--
-- Data for Name: river_leader; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.river_leader VALUES
	('2026-11-26 16:29:39.607445+13', '2026-11-26 16:29:54.607445+13', 'vm_2026_11_26T03_29_39_577815', 'default');


--
-- Data for Name: river_migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.river_migration VALUES
	('main', 1, '2026-11-26 16:29:37.02601+13'),
	('main', 2, '2026-11-26 16:29:37.048966+13'),
	('main', 3, '2026-11-26 16:29:37.091217+13'),
	('main', 4, '2026-11-26 16:29:37.10023+13'),
	('main', 5, '2026-11-26 16:29:37.112745+13'),
	('main', 6, '2026-11-26 16:29:37.160817+13'),
	('main', 7, '2026-11-26 16:29:37.170335+13'),
	('main', 8, '2026-11-26 16:29:37.185609+13');


--
-- Data for Name: river_notification; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: river_queue; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.river_queue VALUES
	('plan', '2026-11-26 16:29:39.614818+13', '{}', NULL, '2026-11-26 16:29:39.614818+13'),
	('sweep', '2026-11-26 16:29:39.617238+13', '{}', NULL, '2026-11-26 16:29:39.617238+13'),
	('send', '2026-11-26 16:29:39.618549+13', '{}', NULL, '2026-11-26 16:29:39.618549+13');


--
-- Data for Name: runs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d2b27e02b459a6ea2ae7c30d', 1, 1, 30, 62, 6106852060841868897, 1795663793484, 1795663778468, 1795663778484, 1795663778623, 59),
	(2, '\x01a215e6d3af74319251a42741393388', 2, 2, 20, 62, 8690860310528643206, 1795663793744, 1795663778722, 1795663778744, NULL, 59),
	(3, '\x01a215e6d46b7099bd3c53f72090e6b5', 3, 3, 20, 62, 300991435942658897, 1795663793924, 1795663778921, 1795663778924, NULL, 59),
	(4, '\x01a215e6da1a7d9b94198f5e32d2a7bd', 5, 5, 20, 15, 8117841973262243585, 1795663795380, 1795663780372, 1795663780380, NULL, 1);


--
-- Data for Name: schedule_runs; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schedules; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schedules OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6cda6760b90cb8dcd135c849c', 'Retry sweep', 'retry_sweep', 1, 'interval', '30s', 'Europe/London', 1, NULL, NULL, 'run_once', 0, 'allow', 1795663807189, 1795663777189, 1795663777189),
	(2, '\x01a215e6cda77ad0a6d923e1995c9b64', 'Stuck sweep', 'stuck_sweep', 1, 'interval', '30s', 'Europe/London', 1, NULL, NULL, 'run_once', 0, 'allow', 1795663807189, 1795663777189, 1795663777189),
	(3, '\x01a215e6cda8738fa409bdfb3c629f4b', 'Retention purge', 'retention_purge', 1, 'cron', '30 3 * * *', 'Europe/London', 1, NULL, NULL, 'run_once', 86400000, 'allow', 1795663800000, 1795663777189, 1795663777189),
	(4, '\x01a215e6d53a7cae80d4a4a33513901e', 'each year (01a215e6-d538-7dea-9e12-6b2c58236993)', 'campaign', 0, 'cron', '0 9 1 1 *', 'Europe/London', 1, NULL, NULL, 'run_once', 86400000, 'allow', 1798794000000, 1795663779120, 1795663779143);


--
-- Data for Name: schema_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_versions VALUES
	(1, 'begin', 1795663776605),
	(2, 'merged_apart', 1795663776965),
	(3, 'counts', 1795663776982);


--
-- Data for Name: steps; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.steps OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d29f7a61bdb50cba2a6c5524', 1, 1, 1),
	(2, '\x01a215e6d3a17a73b638655895821f0d', 2, 1, 1),
	(3, '\x01a215e6d46775a9b69d005899d93ee4', 3, 1, 2),
	(4, '\x01a215e6d53a71319eedba1fdbdfeb02', 4, 1, 2),
	(5, '\x01a215e6da0a715a8ab2c15708897a32', 5, 1, 2);


--
-- Data for Name: studies; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.studies OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6ce5a74d0ad2b50eba5fa5a22', 'A', '', '', '', '', 1, 0, 1795663777370, 1795663777370);


--
-- Data for Name: suppressions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: template_versions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.template_versions OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6ce8970ad883559865fbab204', 1, 1, 'markdown', 'About {{ study_name }}', 'Dear {{ patient_full_name }},

{{ care_provider_name }} invites you to take part in **{{ study_name }}**.

Please call {{ care_provider_contact }}.
', 1795663777415),
	(2, '\x01a215e6d225731580f8ea2f240adc8e', 2, 1, 'markdown', 'Again about {{ study_name }}', 'Dear {{ patient_full_name }},

{{ care_provider_name }} invites you to take part in **{{ study_name }}**.

Please call {{ care_provider_contact }}.
', 1795663778339),
	(3, '\x01a215e6d58f74b9a05c615f0e36730d', 1, 2, 'markdown', 'Another subject', 'Dear {{ patient_full_name }},

{{ care_provider_name }} invites you to take part in **{{ study_name }}**.

Please call {{ care_provider_contact }}.
', 1795663779215);


--
-- Data for Name: templates; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.templates OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6ce877a98a7a475b045cafda0', 'invitation', 0, 1795663777415),
	(2, '\x01a215e6d2237d7b9c04af887e9535db', 'second', 0, 1795663778339);


--
-- Data for Name: transports; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.transports VALUES
	('smtp', 'up', '', '', 1795663779623, NULL);


--
-- Data for Name: windows; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.windows VALUES
	(16777221, 1, 1795663779716, '[82, 83, 84, 85]'),
	(16777222, 1, 1795663779716, '[76, 77, 78, 79]'),
	(16777223, 1, 1795663779732, '[86, 87, 88, 89]'),
	(16777224, 1, 1795663779732, '[90, 91, 92, 93]');


--
-- Data for Name: workers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.workers OVERRIDING SYSTEM VALUE VALUES
	(1, '\x01a215e6d6ec7cf5afa7f3ad7abd3bc6', 'vm', '3bdd1bdb-88c9-4356-9e47-58d8dca068d2', 26679, 'dev', 1795663779566, 1795663779566, 1795663809566, NULL, 0);


--
-- Name: campaigns_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.campaigns_id_seq', 5, true);


--
-- Name: events_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.events_id_seq', 24, true);


--
-- Name: messages_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.messages_id_seq', 178, true);


--
-- Name: patients_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.patients_id_seq', 62, true);


--
-- Name: people_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.people_id_seq', 62, true);


--
-- Name: providers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.providers_id_seq', 3, true);


--
-- Name: river_job_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.river_job_id_seq', 4, true);


--
-- Name: river_notification_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.river_notification_id_seq', 1, false);


--
-- Name: runs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.runs_id_seq', 4, true);


--
-- Name: schedule_runs_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.schedule_runs_id_seq', 1, false);


--
-- Name: schedules_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.schedules_id_seq', 4, true);


--
-- Name: steps_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.steps_id_seq', 5, true);


--
-- Name: studies_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.studies_id_seq', 1, true);


--
-- Name: suppressions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.suppressions_id_seq', 1, false);


--
-- Name: template_versions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.template_versions_id_seq', 3, true);


--
-- Name: templates_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.templates_id_seq', 2, true);


--
-- Name: workers_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.workers_id_seq', 1, true);


--
-- Name: attempts attempts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (message_id, number);


--
-- Name: campaign_patients campaign_patients_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaign_patients
    ADD CONSTRAINT campaign_patients_pkey PRIMARY KEY (campaign_id, patient_id);


--
-- Name: campaign_providers campaign_providers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaign_providers
    ADD CONSTRAINT campaign_providers_pkey PRIMARY KEY (campaign_id, provider_id);


--
-- Name: campaigns campaigns_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_pkey PRIMARY KEY (id);


--
-- Name: campaigns campaigns_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_uuid_key UNIQUE (uuid);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);


--
-- Name: events events_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_uuid_key UNIQUE (uuid);


--
-- Name: left_out left_out_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.left_out
    ADD CONSTRAINT left_out_pkey PRIMARY KEY (step_id, patient_id);


--
-- Name: merged merged_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.merged
    ADD CONSTRAINT merged_pkey PRIMARY KEY (id);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);


--
-- Name: messages messages_step_id_patient_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_step_id_patient_id_key UNIQUE (step_id, patient_id);


--
-- Name: messages messages_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_uuid_key UNIQUE (uuid);


--
-- Name: meta meta_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (name);


--
-- Name: patients patients_person_id_study_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_person_id_study_id_key UNIQUE (person_id, study_id);


--
-- Name: patients patients_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_pkey PRIMARY KEY (id);


--
-- Name: patients patients_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_uuid_key UNIQUE (uuid);


--
-- Name: people people_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_pkey PRIMARY KEY (id);


--
-- Name: people people_username_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_username_hash_key UNIQUE (username_hash);


--
-- Name: people people_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.people
    ADD CONSTRAINT people_uuid_key UNIQUE (uuid);


--
-- Name: providers providers_ods_code_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_ods_code_key UNIQUE (ods_code);


--
-- Name: providers providers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (id);


--
-- Name: providers providers_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_uuid_key UNIQUE (uuid);


--
-- Name: reasons reasons_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.reasons
    ADD CONSTRAINT reasons_pkey PRIMARY KEY (reason);


--
-- Name: river_job river_job_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_job
    ADD CONSTRAINT river_job_pkey PRIMARY KEY (id);


--
-- Name: river_leader river_leader_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_leader
    ADD CONSTRAINT river_leader_pkey PRIMARY KEY (name);


--
-- Name: river_migration river_migration_pkey1; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_migration
    ADD CONSTRAINT river_migration_pkey1 PRIMARY KEY (line, version);


--
-- Name: river_notification river_notification_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_notification
    ADD CONSTRAINT river_notification_pkey PRIMARY KEY (id);


--
-- Name: river_queue river_queue_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.river_queue
    ADD CONSTRAINT river_queue_pkey PRIMARY KEY (name);


--
-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);


--
-- Name: runs runs_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_uuid_key UNIQUE (uuid);


--
-- Name: schedule_runs schedule_runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_runs
    ADD CONSTRAINT schedule_runs_pkey PRIMARY KEY (id);


--
-- Name: schedule_runs schedule_runs_schedule_id_due_at_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_runs
    ADD CONSTRAINT schedule_runs_schedule_id_due_at_key UNIQUE (schedule_id, due_at);


--
-- Name: schedule_runs schedule_runs_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_runs
    ADD CONSTRAINT schedule_runs_uuid_key UNIQUE (uuid);


--
-- Name: schedules schedules_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_name_key UNIQUE (name);


--
-- Name: schedules schedules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_pkey PRIMARY KEY (id);


--
-- Name: schedules schedules_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedules
    ADD CONSTRAINT schedules_uuid_key UNIQUE (uuid);


--
-- Name: schema_versions schema_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_versions
    ADD CONSTRAINT schema_versions_pkey PRIMARY KEY (version);


--
-- Name: steps steps_campaign_id_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.steps
    ADD CONSTRAINT steps_campaign_id_number_key UNIQUE (campaign_id, number);


--
-- Name: steps steps_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.steps
    ADD CONSTRAINT steps_pkey PRIMARY KEY (id);


--
-- Name: steps steps_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.steps
    ADD CONSTRAINT steps_uuid_key UNIQUE (uuid);


--
-- Name: studies studies_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_name_key UNIQUE (name);


--
-- Name: studies studies_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_pkey PRIMARY KEY (id);


--
-- Name: studies studies_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.studies
    ADD CONSTRAINT studies_uuid_key UNIQUE (uuid);


--
-- Name: suppressions suppressions_email_hash_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suppressions
    ADD CONSTRAINT suppressions_email_hash_key UNIQUE (email_hash);


--
-- Name: suppressions suppressions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suppressions
    ADD CONSTRAINT suppressions_pkey PRIMARY KEY (id);


--
-- Name: suppressions suppressions_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.suppressions
    ADD CONSTRAINT suppressions_uuid_key UNIQUE (uuid);


--
-- Name: template_versions template_versions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_pkey PRIMARY KEY (id);


--
-- Name: template_versions template_versions_template_id_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_template_id_number_key UNIQUE (template_id, number);


--
-- Name: template_versions template_versions_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_uuid_key UNIQUE (uuid);


--
-- Name: templates templates_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_name_key UNIQUE (name);


--
-- Name: templates templates_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_pkey PRIMARY KEY (id);


--
-- Name: templates templates_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.templates
    ADD CONSTRAINT templates_uuid_key UNIQUE (uuid);


--
-- Name: transports transports_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.transports
    ADD CONSTRAINT transports_pkey PRIMARY KEY (name);


--
-- Name: windows windows_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.windows
    ADD CONSTRAINT windows_pkey PRIMARY KEY (id);


--
-- Name: workers workers_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);


--
-- Name: workers workers_uuid_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_uuid_key UNIQUE (uuid);


--
-- Name: events_about; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_about ON public.events USING btree (about, id);


--
-- Name: left_out_reason; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX left_out_reason ON public.left_out USING btree (step_id, reason);


--
-- Name: messages_claimed; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_claimed ON public.messages USING btree (run_id, claim_token) WHERE (state = 15);


--
-- Name: messages_deferred; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_deferred ON public.messages USING btree (run_id, next_attempt_at) WHERE (state = 30);


--
-- Name: messages_ended; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_ended ON public.messages USING btree (run_id, state) WHERE (state >= 50);


--
-- Name: messages_patient; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_patient ON public.messages USING btree (patient_id);


--
-- Name: messages_queued; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX messages_queued ON public.messages USING btree (run_id, next_attempt_at, id) WHERE (state = 10);


--
-- Name: patients_study; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX patients_study ON public.patients USING btree (study_id, id);


--
-- Name: people_email; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX people_email ON public.people USING btree (email_hash) WHERE (email_hash IS NOT NULL);


--
-- Name: river_job_args_index; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_job_args_index ON public.river_job USING gin (args);


--
-- Name: river_job_kind; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_job_kind ON public.river_job USING btree (kind);


--
-- Name: river_job_metadata_index; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_job_metadata_index ON public.river_job USING gin (metadata);


--
-- Name: river_job_prioritized_fetching_index; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_job_prioritized_fetching_index ON public.river_job USING btree (state, queue, priority, scheduled_at, id);


--
-- Name: river_job_state_and_finalized_at_index; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_job_state_and_finalized_at_index ON public.river_job USING btree (state, finalized_at) WHERE (finalized_at IS NOT NULL);


--
-- Name: river_job_unique_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX river_job_unique_idx ON public.river_job USING btree (unique_key) WHERE ((unique_key IS NOT NULL) AND (unique_states IS NOT NULL) AND public.river_job_state_in_bitmask(unique_states, state));


--
-- Name: river_notification_created_at_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_notification_created_at_idx ON public.river_notification USING btree (created_at);


--
-- Name: river_notification_topic_id_idx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX river_notification_topic_id_idx ON public.river_notification USING btree (topic, id);


--
-- Name: runs_campaign; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_campaign ON public.runs USING btree (campaign_id);


--
-- Name: runs_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX runs_open ON public.runs USING btree (state) WHERE (state < 30);


--
-- Name: schedules_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX schedules_due ON public.schedules USING btree (next_run_at) WHERE (next_run_at IS NOT NULL);


--
-- Name: windows_worker; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX windows_worker ON public.windows USING btree (worker_id);


--
-- Name: workers_alive; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX workers_alive ON public.workers USING btree (lease_until) WHERE (stopped_at IS NULL);


--
-- Name: attempts attempts_message_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id);


--
-- Name: campaign_patients campaign_patients_campaign_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaign_patients
    ADD CONSTRAINT campaign_patients_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);


--
-- Name: campaign_patients campaign_patients_patient_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaign_patients
    ADD CONSTRAINT campaign_patients_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patients(id);


--
-- Name: campaign_providers campaign_providers_campaign_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaign_providers
    ADD CONSTRAINT campaign_providers_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);


--
-- Name: campaign_providers campaign_providers_provider_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaign_providers
    ADD CONSTRAINT campaign_providers_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);


--
-- Name: campaigns campaigns_schedule_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedules(id);


--
-- Name: campaigns campaigns_study_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.campaigns
    ADD CONSTRAINT campaigns_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(id);


--
-- Name: left_out left_out_patient_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.left_out
    ADD CONSTRAINT left_out_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patients(id);


--
-- Name: left_out left_out_reason_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.left_out
    ADD CONSTRAINT left_out_reason_fkey FOREIGN KEY (reason) REFERENCES public.reasons(reason);


--
-- Name: left_out left_out_run_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.left_out
    ADD CONSTRAINT left_out_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: left_out left_out_step_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.left_out
    ADD CONSTRAINT left_out_step_id_fkey FOREIGN KEY (step_id) REFERENCES public.steps(id);


--
-- Name: messages messages_patient_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_patient_id_fkey FOREIGN KEY (patient_id) REFERENCES public.patients(id);


--
-- Name: messages messages_reason_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_reason_fkey FOREIGN KEY (reason) REFERENCES public.reasons(reason);


--
-- Name: messages messages_run_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.runs(id);


--
-- Name: messages messages_step_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_step_id_fkey FOREIGN KEY (step_id) REFERENCES public.steps(id);


--
-- Name: patients patients_person_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.people(id);


--
-- Name: patients patients_provider_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);


--
-- Name: patients patients_study_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.patients
    ADD CONSTRAINT patients_study_id_fkey FOREIGN KEY (study_id) REFERENCES public.studies(id);


--
-- Name: runs runs_campaign_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);


--
-- Name: runs runs_step_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_step_id_fkey FOREIGN KEY (step_id) REFERENCES public.steps(id);


--
-- Name: schedule_runs schedule_runs_schedule_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schedule_runs
    ADD CONSTRAINT schedule_runs_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES public.schedules(id);


--
-- Name: steps steps_campaign_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.steps
    ADD CONSTRAINT steps_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES public.campaigns(id);


--
-- Name: steps steps_template_version_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.steps
    ADD CONSTRAINT steps_template_version_id_fkey FOREIGN KEY (template_version_id) REFERENCES public.template_versions(id);


--
-- Name: template_versions template_versions_template_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.template_versions
    ADD CONSTRAINT template_versions_template_id_fkey FOREIGN KEY (template_id) REFERENCES public.templates(id);


--
-- Name: windows windows_worker_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.windows
    ADD CONSTRAINT windows_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.workers(id);


--
-- PostgreSQL database dump complete
--


