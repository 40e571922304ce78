package sweep

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"markovicl/ask"
)

// Database is a PostgreSQL database with sweeps in it: their questions are jobs of River,
// and their answers rows of markovicl_answer, each written in the transaction that
// completes its job. Its tables are made by whoever comes first.
type Database struct {
	pool *pgxpool.Pool
	name string // host and database, for errors
}

// databaseFormat is the version of the tables of this package; those of River have their own.
const databaseFormat = 1

// The tables. An answer is known by its sweep and the number of its question in the grid.
// again says that a failure is to be asked again: whatever comes of that replaces it.
const tables = `
CREATE TABLE IF NOT EXISTS markovicl_format (format integer PRIMARY KEY);
CREATE TABLE IF NOT EXISTS markovicl_file (hash text PRIMARY KEY, content bytea NOT NULL);
CREATE TABLE IF NOT EXISTS markovicl_sweep (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	version text NOT NULL,
	grid jsonb NOT NULL,
	files jsonb NOT NULL,
	questions bigint NOT NULL,
	created timestamptz NOT NULL DEFAULT now(),
	cancelled timestamptz
);
CREATE TABLE IF NOT EXISTS markovicl_answer (
	sweep bigint NOT NULL REFERENCES markovicl_sweep ON DELETE CASCADE,
	question bigint NOT NULL,
	answer bytea,
	failure jsonb,
	seconds double precision NOT NULL DEFAULT 0,
	again boolean NOT NULL DEFAULT false,
	PRIMARY KEY (sweep, question),
	CHECK (answer IS NOT NULL OR failure IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS markovicl_failure ON markovicl_answer (sweep, question) WHERE failure IS NOT NULL;`

// OpenDatabase opens a database, postgres://user@host/name or what else libpq takes, and
// makes its tables if there are none. A database that cannot be reached, or whose tables
// are of another version, is an error that says so.
func OpenDatabase(ctx context.Context, url string) (*Database, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil { // its text has no password
		return nil, badf("db", "`db`: write postgres://USER@HOST/DATABASE: %w", said{err})
	}
	config.ConnConfig.ConnectTimeout = cmp.Or(config.ConnConfig.ConnectTimeout, 10*time.Second)
	config.MaxConns = max(config.MaxConns, 4)
	d := &Database{name: config.ConnConfig.Database + " on " + net.JoinHostPort(config.ConnConfig.Host, fmt.Sprint(config.ConnConfig.Port))}
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, badf("db", "`db`: %w", said{err})
	}
	if err := d.pool.Ping(ctx); err != nil {
		d.pool.Close()
		return nil, d.unreachable(ctx, err)
	}
	if err := d.prepare(ctx); err != nil {
		d.pool.Close()
		return nil, err
	}
	return d, nil
}

// Close ends the connections.
func (d *Database) Close() { d.pool.Close() }

func (d *Database) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted(ctx, err)
	}
	return badf("db", "the database %s cannot be reached; does PostgreSQL run there, does it let this machine in, and are user, password and name of the database right? %w", d.name, said{err})
}

// said is what the driver says of an error, on one line, each sentence once, and without
// backquotes, in which messages here have the names of fields.
type said struct{ err error }

func (s said) Unwrap() error { return s.err }

func (s said) Error() string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(s.err.Error(), "`", `"`)) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), ":; ", ": ")
}

// schemaLock is the number of the advisory lock under which tables are made.
const schemaLock = 0x6d61726b6f76 // "markov"

// prepare makes the tables, or finds that they are of another version.
func (d *Database) prepare(ctx context.Context) error {
	driver := riverpgxv5.New(d.pool)
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return d.unreachable(ctx, err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(schemaLock)); err != nil {
		return d.failed(ctx, err)
	}
	defer conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(schemaLock))

	known := migrator.AllVersions()
	newest, river := known[len(known)-1].Version, 0
	err = conn.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM river_migration").Scan(&river)
	if err != nil && !isMissingTable(err) {
		return d.failed(ctx, err)
	}
	if river > newest {
		return d.newer("River", river, newest)
	}
	var format int
	switch err := conn.QueryRow(ctx, "SELECT format FROM markovicl_format").Scan(&format); {
	case err == nil && format == databaseFormat:
	case err == nil:
		return d.newer("markovicl", format, databaseFormat)
	case isMissingTable(err) || errors.Is(err, pgx.ErrNoRows):
		if _, err := conn.Exec(ctx, tables); err != nil {
			return d.refused(ctx, err)
		}
		defer conn.Exec(ctx, "INSERT INTO markovicl_format VALUES ($1) ON CONFLICT DO NOTHING", databaseFormat)
	default:
		return d.failed(ctx, err)
	}
	if river < newest {
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return d.refused(ctx, err)
		}
	}
	return nil
}

func (d *Database) newer(whose string, there, known int) error {
	return badf("db", "the tables of %s in the database %s are of version %d, this program knows version %d: take the program that made them, or another database", whose, d.name, there, known)
}

func (d *Database) refused(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted(ctx, err)
	}
	return badf("db", "the tables of sweeps cannot be made in the database %s: %w; may this user create tables there?", d.name, err)
}

// failed is an error of a statement.
func (d *Database) failed(ctx context.Context, err error) error {
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return interrupted(ctx, err)
	case errors.As(err, &connect):
		return d.unreachable(ctx, err)
	}
	return &ask.Error{Kind: ask.Failed, Field: "db", Message: fmt.Sprintf("the database %s: %v", d.name, err), Err: err}
}

func isMissingTable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "42P01"
}
