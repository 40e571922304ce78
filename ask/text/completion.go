package text

import (
	"fmt"
	"io"
	"strings"
)

// Command is a command as a shell completes it.
type Command struct {
	Name, Help string
	Flags      []Flag
}

// Flag is a flag of a Command.
type Flag struct {
	Name, Help        string
	IsBool, Negatable bool
}

// Completion writes a script that completes commands, flags and file names in bash, zsh or
// fish.
func Completion(w io.Writer, shell string, commands []Command) error {
	if shell == "fish" {
		return fishCompletion(w, commands)
	}
	if shell == "zsh" {
		fmt.Fprintln(w, "autoload -U +X compinit bashcompinit && compinit && bashcompinit")
	}
	return bashCompletion(w, commands)
}

// bashCompletion offers the flags of the command in the first word, and files.
func bashCompletion(w io.Writer, commands []Command) error {
	var names []string
	fmt.Fprint(w, "_markovicl() {\n\tlocal words\n\tcase \"${COMP_WORDS[1]}\" in\n")
	for _, command := range commands {
		names = append(names, command.Name)
		var flags []string
		for _, flag := range command.Flags {
			flags = append(flags, "--"+flag.Name)
			if flag.Negatable {
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

func fishCompletion(w io.Writer, commands []Command) error {
	quoted := func(help string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(help) + "'" }
	var err error
	for _, command := range commands {
		fmt.Fprintf(w, "complete -c markovicl -n __fish_use_subcommand -f -a %s -d %s\n", command.Name, quoted(command.Help))
		for _, flag := range command.Flags {
			value := " -r"
			if flag.IsBool {
				value = ""
			}
			_, err = fmt.Fprintf(w, "complete -c markovicl -n '__fish_seen_subcommand_from %s' -l %s%s -d %s\n", command.Name, flag.Name, value, quoted(flag.Help))
		}
	}
	return err
}
