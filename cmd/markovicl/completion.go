package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (completionCmd) Help() string {
	return `Examples:

    source <(markovicl completion bash)
    markovicl completion fish > ~/.config/fish/completions/markovicl.fish

Prints a script that completes commands, flags and file names. For zsh, source it as for bash.`
}

func (c *completionCmd) Run(a *app, parsed *kong.Context) error {
	commands := parsed.Model.Children
	if c.Shell == "fish" {
		return fishCompletion(a.stdout, commands)
	}
	if c.Shell == "zsh" {
		fmt.Fprintln(a.stdout, "autoload -U +X compinit bashcompinit && compinit && bashcompinit")
	}
	return bashCompletion(a.stdout, commands)
}

// bashCompletion offers the flags of the command in the first word, and files.
func bashCompletion(w io.Writer, commands []*kong.Node) error {
	var names []string
	fmt.Fprint(w, "_markovicl() {\n\tlocal words\n\tcase \"${COMP_WORDS[1]}\" in\n")
	for _, command := range commands {
		names = append(names, command.Name)
		var flags []string
		for _, flag := range command.Flags {
			flags = append(flags, "--"+flag.Name)
			if flag.Tag.Negatable != "" {
				flags = append(flags, "--no-"+flag.Name)
			}
		}
		fmt.Fprintf(w, "\t%s) words=%q ;;\n", command.Name, strings.Join(flags, " "))
	}
	_, err := fmt.Fprintf(w, `	esac
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W %q -- "${COMP_WORDS[COMP_CWORD]}"))
	else
		COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}") $(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
	fi
}
complete -o filenames -F _markovicl markovicl
`, strings.Join(names, " "))
	return err
}

func fishCompletion(w io.Writer, commands []*kong.Node) error {
	text := func(help string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(help) + "'" }
	var err error
	for _, command := range commands {
		fmt.Fprintf(w, "complete -c markovicl -n __fish_use_subcommand -f -a %s -d %s\n", command.Name, text(command.Help))
		for _, flag := range command.Flags {
			value := " -r"
			if flag.IsBool() {
				value = ""
			}
			_, err = fmt.Fprintf(w, "complete -c markovicl -n '__fish_seen_subcommand_from %s' -l %s%s -d %s\n", command.Name, flag.Name, value, text(flag.Help))
		}
	}
	return err
}
