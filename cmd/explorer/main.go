//go:build js && wasm

// Explorer is the laboratory for a browser: it answers questions in a page, as
// the command line's --json does. It sets
//
//	markovicl.ready                               a promise, kept once questions can be asked
//	markovicl.ask(question, files, file, tell)    a promise of {answer, file}
//
// where question and answer are JSON, files maps names to Uint8Arrays, file, if not "",
// names a file that comes with the answer, which is a Uint8Array in what is promised, and
// tell is called with progress as JSON. A promise is broken by an Error whose message is the error object.
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

// memory is the number of bytes that a question may need, as estimated; a browser has 4
// GB for WebAssembly at most.
const memory = 1 << 30

func answer(question string, files map[string][]byte, file string, tell, resolve, reject js.Value) {
	if err := ask.Fits([]byte(question), files, memory); err != nil {
		fail(reject, &ask.Error{Kind: ask.Failed, Message: err.Error() + " in a browser; ask it on the command line of a machine that has it"})
		return
	}
	reply, data, bad := ask.ExchangeBoth(context.Background(), []byte(question), files, file, func(p ask.Progress) {
		if data, err := json.Marshal(p.Event()); err == nil {
			tell.Invoke(string(data))
		}
	})
	if reply == nil { // what is true of an unfinished answer is shown
		fail(reject, bad)
		return
	}
	both := map[string]any{"answer": string(reply)}
	if file != "" {
		array := js.Global().Get("Uint8Array").New(len(data))
		js.CopyBytesToJS(array, data)
		both["file"] = array
	}
	resolve.Invoke(both)
}

func fail(reject js.Value, bad *ask.Error) {
	object, err := json.Marshal(bad)
	if err != nil {
		panic(err) // strings always marshal
	}
	reject.Invoke(js.Global().Get("Error").New(string(object)))
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
