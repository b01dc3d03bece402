// A relying party on goth's openidConnect provider, the library behind the sign-in of Forgejo and OpenGist:
// discovery by URL, a callback over plain http, the secret in the Authorization header, claims out of the ID token
// and userinfo together.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/gorilla/sessions"
	"github.com/markbates/goth"
	"github.com/markbates/goth/gothic"
	"github.com/markbates/goth/providers/openidConnect"
)

const sessionName = "goth_site"

func answer(w http.ResponseWriter, status int, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// named gives gothic the name of the only provider, as a site with one path per provider does.
func named(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		query.Set("provider", "openid-connect")
		r.URL.RawQuery = query.Encode()
		handler(w, r)
	}
}

func main() {
	store := sessions.NewFilesystemStore(os.Getenv("SITE_DATA"), []byte(os.Getenv("SITE_KEY")))
	store.MaxLength(1 << 16)
	gothic.Store = store

	provider, err := openidConnect.New(
		os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), os.Getenv("SITE_URL")+"/user/oauth2/hearthkey/callback",
		os.Getenv("DISCOVERY_URL"), "openid", "email", "profile", "groups",
	)
	if err != nil {
		log.Fatal(err)
	}
	goth.UseProviders(provider)

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, "ready") })
	http.HandleFunc("/login", named(gothic.BeginAuthHandler))
	http.HandleFunc("/user/oauth2/hearthkey/callback", named(func(w http.ResponseWriter, r *http.Request) {
		if code := r.URL.Query().Get("error"); code != "" {
			answer(w, http.StatusForbidden, map[string]string{"error": code})
			return
		}
		user, err := gothic.CompleteUserAuth(w, r)
		if err != nil {
			answer(w, http.StatusBadGateway, map[string]string{"error": err.Error()})
			return
		}
		whoami, _ := json.Marshal(map[string]interface{}{
			"signed_in": true, "id": user.UserID, "preferred_username": user.NickName, "email": user.Email,
			"name": user.Name, "groups": user.RawData["groups"],
		})
		session, _ := store.Get(r, sessionName)
		session.Values["whoami"] = string(whoami)
		if err := session.Save(r, w); err != nil {
			answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
			return
		}
		http.Redirect(w, r, "/whoami", http.StatusSeeOther)
	}))
	http.HandleFunc("/whoami", func(w http.ResponseWriter, r *http.Request) {
		session, _ := store.Get(r, sessionName)
		whoami, found := session.Values["whoami"].(string)
		if !found {
			answer(w, http.StatusUnauthorized, map[string]bool{"signed_in": false})
			return
		}
		answer(w, http.StatusOK, json.RawMessage(whoami))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
