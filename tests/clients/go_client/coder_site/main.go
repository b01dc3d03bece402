// A relying party on coreos/go-oidc, as Coder uses it: the issuer is the provider's base URL and must equal what
// discovery says, the ID token's signature, audience and nonce are verified against the published keys, and a person
// whose e-mail address is not verified is turned away.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

const cookieName = "coder_site"

type claims struct {
	Subject           string   `json:"sub"`
	PreferredUsername string   `json:"preferred_username"`
	Email             string   `json:"email"`
	EmailVerified     *bool    `json:"email_verified"`
	Groups            []string `json:"groups"`
}

func answer(w http.ResponseWriter, status int, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func random() string {
	bytes := make([]byte, 16)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(bytes)
}

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		log.Fatal(err)
	}
	config := &oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		RedirectURL:  os.Getenv("SITE_URL") + "/api/v2/users/oidc/callback",
		Endpoint:     provider.Endpoint(),
		Scopes:       []string{oidc.ScopeOpenID, "profile", "email", "groups"},
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: config.ClientID})

	var lock sync.Mutex
	nonces := map[string]string{}
	people := map[string]map[string]interface{}{}

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, "ready") })
	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		state, nonce := random(), random()
		lock.Lock()
		nonces[state] = nonce
		lock.Unlock()
		http.SetCookie(w, &http.Cookie{Name: cookieName + "_state", Value: state, Path: "/", HttpOnly: true})
		http.Redirect(w, r, config.AuthCodeURL(state, oidc.Nonce(nonce)), http.StatusFound)
	})
	http.HandleFunc("/api/v2/users/oidc/callback", func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, reason string) { answer(w, status, map[string]string{"error": reason}) }
		if code := r.URL.Query().Get("error"); code != "" {
			refuse(http.StatusForbidden, code)
			return
		}
		state := r.URL.Query().Get("state")
		cookie, err := r.Cookie(cookieName + "_state")
		lock.Lock()
		nonce, known := nonces[state]
		delete(nonces, state)
		lock.Unlock()
		if err != nil || cookie.Value != state || !known {
			refuse(http.StatusBadRequest, "state did not match")
			return
		}
		token, err := config.Exchange(ctx, r.URL.Query().Get("code"))
		if err != nil {
			refuse(http.StatusBadGateway, err.Error())
			return
		}
		raw, _ := token.Extra("id_token").(string)
		verified, err := verifier.Verify(ctx, raw)
		if err != nil {
			refuse(http.StatusBadGateway, err.Error())
			return
		}
		if verified.Nonce != nonce {
			refuse(http.StatusBadGateway, "nonce did not match")
			return
		}
		if err := verified.VerifyAccessToken(token.AccessToken); err != nil && verified.AccessTokenHash != "" {
			refuse(http.StatusBadGateway, err.Error())
			return
		}
		userinfo, err := provider.UserInfo(ctx, config.TokenSource(ctx, token))
		if err != nil {
			refuse(http.StatusBadGateway, err.Error())
			return
		}
		var person claims
		if err := verified.Claims(&person); err != nil {
			refuse(http.StatusBadGateway, err.Error())
			return
		}
		if err := userinfo.Claims(&person); err != nil {
			refuse(http.StatusBadGateway, err.Error())
			return
		}
		if userinfo.Subject != verified.Subject {
			refuse(http.StatusBadGateway, "userinfo is about somebody else")
			return
		}
		if person.EmailVerified == nil || !*person.EmailVerified {
			refuse(http.StatusForbidden, "Verify the \""+person.Email+"\" email address on your OIDC provider to authenticate!")
			return
		}
		id := random()
		lock.Lock()
		people[id] = map[string]interface{}{
			"signed_in": true, "id": person.Subject, "preferred_username": person.PreferredUsername,
			"email": person.Email, "groups": person.Groups,
		}
		lock.Unlock()
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true})
		http.Redirect(w, r, "/whoami", http.StatusSeeOther)
	})
	http.HandleFunc("/whoami", func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		if cookie, err := r.Cookie(cookieName); err == nil {
			if person, found := people[cookie.Value]; found {
				answer(w, http.StatusOK, person)
				return
			}
		}
		answer(w, http.StatusUnauthorized, map[string]bool{"signed_in": false})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
