// Package command is the command line: it puts the contract, the checks, the runner and the reports together, a file for
// each command.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/detect"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/redact"
	"vexa-conformance/runner/result"
	"vexa-conformance/runner/transport"
	"vexa-conformance/spec"
)

const description = "Tests a Vexa deployment against its documented error contract and reports, clause by clause, what holds."

// commands is the command line as kong reads it.
type commands struct {
	Run      runCommand      `cmd:"" default:"withargs" help:"Test a deployment; without --target, the embedded reference."`
	List     listCommand     `cmd:"" help:"List the clauses and their checks."`
	Explain  explainCommand  `cmd:"" help:"Explain a clause, a check or a fault."`
	Contract contractCommand `cmd:"" help:"Print the OpenAPI document of an edition."`
	Plan     planCommand     `cmd:"" help:"Show what a run would send and create, without running it."`
	Serve    serveCommand    `cmd:"" help:"Serve the reference on a port, as a stand-in Vexa."`
	Prove    proveCommand    `cmd:"" help:"Prove that the checks find every fault, and nothing else."`

	Client  clientCommand  `cmd:"" help:"Test a client program against the clauses that bind clients."`
	Webhook webhookCommand `cmd:"" help:"Test a webhook receiver against the clauses that bind receivers."`

	Doctor  doctorCommand  `cmd:"" help:"Check that a deployment is reachable, and what stands in front of it."`
	Init    initCommand    `cmd:"" help:"Write a commented configuration file."`
	Cleanup cleanupCommand `cmd:"" help:"Delete what interrupted runs left behind."`
	Report  reportCommand  `cmd:"" help:"Convert a JSON report to other formats."`
	Diff    diffCommand    `cmd:"" help:"Compare two JSON reports."`
	Verify  verifyCommand  `cmd:"" help:"Check that a JSON report is consistent."`

	Version kong.VersionFlag `help:"Show the version and exit."`
}

// env are what a command works in: where it writes, the environment, and its exit code.
type env struct {
	stdout *output
	stderr io.Writer
	exit   int
	// settings are the file and its secrets.
	settings file
}

// usage is a mistake in the command line or the configuration: exit 2 and one line.
type usage struct{ error }

// Unwrap is what the mistake is about.
func (u usage) Unwrap() error { return u.error }

func mistake(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// Main runs a command line, and returns its exit code as design.md has them. A first SIGINT, SIGTERM or SIGHUP ends a run,
// which still cleans up and reports; a second one ends the program. A signal that the parent process ignores (nohup, & in a script)
// stays ignored. No SIGPIPE ends it: see [output].
func Main(args []string, stdout, stderr io.Writer) int {
	ending := slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
	ctx, stop := context.WithCancel(context.Background())
	if len(ending) > 0 { // NotifyContext takes none for all
		ctx, stop = signal.NotifyContext(context.Background(), ending...)
	}
	defer stop()
	context.AfterFunc(ctx, stop)    // from here on the next signal has its default effect
	pipe := make(chan os.Signal, 1) // nobody reads it: with Ignore, the commands that the program starts would ignore it too
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)
	s := &env{stdout: &output{to: stdout}, stderr: stderr}
	return s.run(ctx, args)
}

func (s *env) run(ctx context.Context, args []string) (code int) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exited:
			code = int(p)
		default:
			fmt.Fprint(s.stderr, s.hide(fmt.Errorf("vexa-conformance: the harness failed, which says nothing of the target: %v\n%s", p, debug.Stack())))
			code = result.ExitHarness
		}
	}()
	err := s.dispatch(ctx, args)
	if err == nil && s.exit == result.ExitKept {
		err = wrap("print", s.stdout.failed) // what was lost must not look like success
	}
	if err != nil {
		fmt.Fprintf(s.stderr, "vexa-conformance: %s\n", oneLine(s.hide(err)))
		if s.stdout.failed != nil {
			return result.ExitHarness
		}
		return exitOf(err)
	}
	return s.exit
}

// hide removes from an error the secrets of the environment and the file, and what looks like a key (surface.md, Headers,
// keys, ids): people type keys where they do not belong.
func (s *env) hide(err error) error {
	hidden := redact.Error(err, s.settings.secret())
	return errors.New(regexp.MustCompile(`(vxa_[a-z]+)_\w+`).ReplaceAllString(hidden.Error(), "${1}_…"))
}

func (s *env) dispatch(ctx context.Context, args []string) error {
	if err := cleanEnvironment(); err != nil {
		return fmt.Errorf("clean the environment: %w", err)
	}
	settings := &s.settings
	parser, err := s.parser(ctx)
	if err != nil {
		return fmt.Errorf("build the command line: %w", err)
	}
	if err := settings.load(parser.Model, args); err != nil {
		return usage{err}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return usage{unknownCommand(parser.Model, args, err)}
	}
	if err := emptyTarget(parsed); err != nil {
		return err
	}
	return parsed.Run()
}

// parser reads command lines.
func (s *env) parser(ctx context.Context) (*kong.Kong, error) {
	return kong.New(&commands{},
		kong.Name("vexa-conformance"), kong.Description(description), kong.UsageOnError(),
		kong.Writers(s.stdout, s.stderr), kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}), kong.ValueFormatter(helpOnly),
		kong.Vars{"version": "vexa-conformance " + Version(), "profiles": profileNames(), "editions": spec.EditionNames()},
		kong.Resolvers(&s.settings),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s, &s.settings),
	)
}

// unknownCommand says which command was probably meant, where the first word is none.
func unknownCommand(model *kong.Application, args []string, err error) error {
	var names []string
	for _, c := range model.Children {
		names = append(names, c.Name)
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") || slices.Contains(names, args[0]) {
		return err
	}
	return fmt.Errorf("unknown command %s%s", args[0], cmp.Or(plan.Suggestion(args[0], names), "; see --help"))
}

// helpOnly leaves the environment variables out of each flag's help, where they would double its length: the help says
// once how they are named.
func helpOnly(value *kong.Value) string { return value.Help }

// exited carries kong's exit code (of --help and --version) out of the parser, which expects the program to end there.
type exited int

func exitOf(err error) int {
	var (
		typed   usage
		pattern *plan.UnknownPattern
	)
	switch {
	case errors.As(err, &typed), errors.As(err, &pattern), errors.Is(err, detect.ErrTie): // a tie wants a flag
		return result.ExitUsage
	case errors.Is(err, context.Canceled): // also where the target could not be reached for it
		return result.ExitInterrupted
	case errors.Is(err, transport.ErrUnreachable), errors.Is(err, fixtures.ErrRefused):
		return result.ExitUnreachable
	default:
		return result.ExitHarness
	}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// Version is the module's version, the commit that it was built from, and the commit's date, as far as the build knows them:
// "v1.2.0 (0a1b2c3d4e5f, 2026-11-25)". A tree with uncommitted changes adds "modified".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	version := "devel"
	if v := info.Main.Version; v != "" && v != "(devel)" {
		version = v
	}
	var more []string
	commit := settings["vcs.revision"]
	if commit = commit[:min(len(commit), shortCommit)]; commit != "" && !strings.Contains(version, commit) {
		more = append(more, commit)
	}
	if date, _, found := strings.Cut(settings["vcs.time"], "T"); found {
		more = append(more, date)
	}
	if settings["vcs.modified"] == "true" {
		more = append(more, "modified")
	}
	if len(more) == 0 {
		return version
	}
	return version + " (" + strings.Join(more, ", ") + ")"
}

// shortCommit digits name a commit among those of any repository, as git itself shortens them.
const shortCommit = 12
