package main

import (
	"github.com/alecthomas/kong"

	"markovicl/ask/text"
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
	var commands []text.Command
	for _, command := range parsed.Model.Children {
		known := text.Command{Name: command.Name, Help: command.Help}
		for _, flag := range command.Flags {
			known.Flags = append(known.Flags, text.Flag{Name: flag.Name, Help: flag.Help, IsBool: flag.IsBool(), Negatable: flag.Tag.Negatable != ""})
		}
		commands = append(commands, known)
	}
	return text.Completion(a.stdout, c.Shell, commands)
}
