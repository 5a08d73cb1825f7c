package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"

	"vexa-conformance/fixtures"
	"vexa-conformance/runner/deployment"
	"vexa-conformance/runner/plan"
	"vexa-conformance/runner/process"
	"vexa-conformance/runner/textfile"
	"vexa-conformance/runner/transport"
)

// file is the YAML file of --config: the flags of run by their names, with underscores for dashes, and what no flag
// takes.
type file struct {
	values map[string]any
	extra  extra
	// headers are those of the file and the environment, and basic authentication from a URL: see [file.addHeaders].
	headers http.Header
}

// extra is what only the file can say. The doc tags are the text of docs/configuration.md.
type extra struct {
	Secrets       secrets               `yaml:",inline"`
	WebhookSecret string                `yaml:"webhook_secret" env:"VEXA_WEBHOOK_SECRET" doc:"Secret with which the command webhook signs its deliveries."`
	TokenCommand  string                `yaml:"token_command" doc:"Shell command that prints the admin token."`
	Headers       map[string]string     `yaml:"headers" env:"VEXA_HEADER_NAME" doc:"Headers that every request carries, for what stands in front of the deployment."`
	Bot           map[string]any        `yaml:"bot" doc:"Fields laid over the body of every POST /bots."`
	Meetings      []fixtures.OwnMeeting `yaml:"meetings" doc:"Meetings of yours that let bots in."`
	Has           []string              `yaml:"has" doc:"Parts of Vexa that the target must have: if one is absent, that is a failure."`
	Disposable    disposable            `yaml:"disposable" doc:"Finished meetings and recordings of the user of VEXA_API_KEY that a run may delete."`
	Stimuli       fixtures.Stimuli      `yaml:"stimuli" doc:"Prompts whose agent turn fails or is blocked, and a bot that cannot join."`
	Outage        deployment.Outage     `yaml:"outage" doc:"Commands that take a backend down and up, and the routes that need it."`
}

// disposable names finished meetings as platform/id, and recordings by their numbers.
type disposable struct {
	Meetings   []string `yaml:"meetings"`
	Recordings []string `yaml:"recordings"`
}

// Validate satisfies kong.Resolver; the keys are checked when the file is read.
func (f *file) Validate(*kong.Application) error { return nil }

// Resolve gives kong the file's value for a flag that is neither on the command line nor in the environment.
func (f *file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	value, ok := f.values[key(flag.Name)]
	if !ok {
		return nil, nil
	}
	if list, isList := value.([]any); isList {
		parts := make([]string, len(list))
		for i, item := range list {
			parts[i] = fmt.Sprint(item)
		}
		return strings.Join(parts, ","), nil
	}
	return fmt.Sprint(value), nil
}

// load reads the file that --config or VEXA_CONFIG names. The keys that it may have are the flags of the
// commands that judge.
func (f *file) load(model *kong.Application, args []string) error {
	path := configPath(args)
	if path == "" {
		return nil
	}
	text, err := textfile.Read(path)
	if err != nil {
		return fmt.Errorf("read --config: %w", err)
	}
	known := names(reflect.TypeFor[extra]())
	for _, command := range model.Children {
		if slices.Contains([]string{"run", "client", "webhook"}, command.Name) {
			for _, flag := range command.Flags {
				known = append(known, key(flag.Name))
			}
		}
	}
	return f.parse(path, text, known)
}

// configPath finds the file's name before kong parses the flags, since the file provides values for them.
func configPath(args []string) string {
	for i, arg := range args {
		if arg == "--" {
			break // what follows is a client's command
		}
		if path, ok := strings.CutPrefix(arg, "--config="); ok {
			return path
		}
		if arg == "--config" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return os.Getenv("VEXA_CONFIG")
}

// parse refuses a key that nothing reads, and names the nearest one and the line.
func (f *file) parse(path string, text []byte, known []string) error {
	if err := yaml.Unmarshal(text, &f.values); err != nil {
		return unreadable(path, text, err, known)
	}
	if name, near := misspelt(f.values, known, reflect.TypeFor[extra]()); name != "" {
		return fmt.Errorf("--config %s, line %d: nothing reads the key %q%s", path, line(text, name), name, near)
	}
	if err := yaml.Unmarshal(text, &f.extra); err != nil {
		return unreadable(path, text, err, known)
	}
	return nil
}

// unreadable says where a file goes wrong: by the number of the line and the key there, since the line may hold a secret.
func unreadable(path string, text []byte, err error, known []string) error {
	var wrong yaml.Error
	if !errors.As(err, &wrong) || wrong.GetToken() == nil {
		return fmt.Errorf("read --config %s: not valid YAML", path)
	}
	at, message := wrong.GetToken().Position.Line, wrong.GetMessage()
	if strings.Contains(message, "cannot unmarshal") { // in words of Go's
		message = "the value is of another kind"
	}
	message = regexp.MustCompile(`"[^"]*"`).ReplaceAllStringFunc(message, func(quoted string) string {
		if slices.Contains(known, strings.Trim(quoted, `"`)) {
			return quoted
		}
		return `"…"`
	})
	where := fmt.Sprintf("line %d", at)
	if lines := strings.Split(string(text), "\n"); at >= 1 && at <= len(lines) {
		if key := regexp.MustCompile(`^[\s-]*["']?(\w+)["']?\s*:`).FindStringSubmatch(lines[at-1]); key != nil && slices.Contains(known, key[1]) {
			where += " (" + key[1] + ")"
		}
	}
	return fmt.Errorf("--config %s, %s: %s", path, where, message)
}

// misspelt finds a key that is not known, at the top or in a struct below, and what was probably meant.
func misspelt(values map[string]any, known []string, of reflect.Type) (name, near string) {
	for name := range values {
		if !slices.Contains(known, name) {
			return name, plan.Suggestion(name, known)
		}
	}
	for i := range of.NumField() {
		field := of.Field(i)
		under, isMap := values[field.Tag.Get("yaml")].(map[string]any)
		if isMap && field.Type.Kind() == reflect.Struct {
			if name, near := misspelt(under, names(field.Type), field.Type); name != "" {
				return name, near
			}
		}
	}
	return "", ""
}

func line(text []byte, name string) int {
	for i, l := range strings.Split(string(text), "\n") {
		l = strings.TrimLeft(l, " ")
		if strings.HasPrefix(l, name+":") || strings.HasPrefix(l, `"`+name+`"`) {
			return i + 1
		}
	}
	return 0
}

// names are the keys that a struct's yaml tags give, those of embedded structs among them.
func names(t reflect.Type) []string {
	var all []string
	for i := range t.NumField() {
		field := t.Field(i)
		if tag, _, inline := strings.Cut(field.Tag.Get("yaml"), ","); inline {
			all = append(all, names(field.Type)...)
		} else {
			all = append(all, tag)
		}
	}
	return all
}

func key(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// given are the secrets of the file and the environment, the environment first.
func (f *file) given() secrets {
	s := f.extra.Secrets
	s.fromEnvironment()
	return s
}

// secret is all that is, by the names under which it is shown.
func (f *file) secret() map[string]string {
	all := f.tenants().Secrets()
	for name, value := range fixtures.NewTenants(0, f.extra.Secrets.AdminToken, f.extra.Secrets.keys()).Secrets() {
		if all[name] != value {
			all[name+" of --config"] = value // one that the environment wins over
		}
	}
	maps.Copy(all, fixtures.Passcodes(f.extra.Bot, f.extra.Meetings))
	maps.Copy(all, transport.Options{Headers: f.headers}.Secrets())
	for name, value := range map[string]string{"$VEXA_WEBHOOK_SECRET": f.webhookSecret(), "$VEXA_ADMIN_TOKEN_B": os.Getenv("VEXA_ADMIN_TOKEN_B")} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// tenants know what a run is not to show that judges no deployment: a command or a URL may hold a secret of the operator's.
func (f *file) tenants() *fixtures.Tenants {
	given := f.given()
	return fixtures.NewTenants(0, given.AdminToken, given.keys())
}

// webhookSecret is what the deliveries of the command webhook are signed with.
func (f *file) webhookSecret() string {
	return strings.TrimSpace(cmp.Or(os.Getenv("VEXA_WEBHOOK_SECRET"), f.extra.WebhookSecret))
}

// runTokenCommand runs the command that prints the admin token, where the file has one and nothing else gives the token.
func (f *file) runTokenCommand(ctx context.Context) error {
	if f.extra.TokenCommand == "" || f.given().AdminToken != "" {
		return nil
	}
	out, err := process.Shell(ctx, f.extra.TokenCommand).Output()
	if err != nil {
		return mistake("token_command failed: %w", err) // what it wrote may hold the token
	}
	if f.extra.Secrets.AdminToken = strings.TrimSpace(string(out)); f.extra.Secrets.AdminToken == "" {
		return mistake("token_command printed nothing")
	}
	return nil
}
