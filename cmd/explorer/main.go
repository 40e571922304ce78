//go:build js && wasm

// Explorer is the laboratory for a browser: it answers questions in a page, as
// the command line's --json does. It sets
//
//	markovicl.ready                               a promise, kept once questions can be asked
//	markovicl.ask(question, files, file, tell)    a promise of the answer
//
// where question is JSON, files maps names to Uint8Arrays, file, if not "", asks
// for a file that comes with the answer in its place, and tell is called with
// progress as JSON. A promise is broken by an Error whose message is the error object.
package main

import (
	"context"
	"encoding/json"
	"syscall/js"

	"markovicl/ask"
)

func main() {
	global := js.Global()
	promise := global.Get("Promise")
	global.Set("markovicl", map[string]any{
		"ready": promise.Call("resolve"),
		"ask": js.FuncOf(func(_ js.Value, args []js.Value) any {
			question, files, file, tell := args[0].String(), args[1], args[2].String(), args[3]
			return promise.New(js.FuncOf(func(_ js.Value, settle []js.Value) any {
				go answer(question, bytesOf(files), file, tell, settle[0], settle[1])
				return nil
			}))
		}),
	})
	select {}
}

func answer(question string, files map[string][]byte, file string, tell, resolve, reject js.Value) {
	reply, bad := ask.Exchange(context.Background(), []byte(question), files, file, func(p ask.Progress) {
		if data, err := json.Marshal(p.Event()); err == nil {
			tell.Invoke(string(data))
		}
	})
	switch { // what is true of an unfinished answer is shown
	case reply == nil:
		object, err := json.Marshal(bad)
		if err != nil {
			panic(err) // strings always marshal
		}
		reject.Invoke(js.Global().Get("Error").New(string(object)))
	case file != "":
		array := js.Global().Get("Uint8Array").New(len(reply))
		js.CopyBytesToJS(array, reply)
		resolve.Invoke(array)
	default:
		resolve.Invoke(string(reply))
	}
}

// bytesOf copies an object of Uint8Arrays.
func bytesOf(object js.Value) map[string][]byte {
	names := js.Global().Get("Object").Call("keys", object)
	files := make(map[string][]byte, names.Length())
	for i := range names.Length() {
		name := names.Index(i).String()
		array := object.Get(name)
		data := make([]byte, array.Length())
		js.CopyBytesToGo(data, array)
		files[name] = data
	}
	return files
}
