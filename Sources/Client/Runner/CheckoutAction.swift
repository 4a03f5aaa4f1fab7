import Foundation

/// What stands for `actions/checkout`: a composite action of our own, so that a checkout needs neither node nor a network
/// beyond the server, and leaves the same kind of git repository: the branch checked out, history and tags as
/// `fetch-depth` says, credentials kept for later steps unless `persist-credentials` is false.
enum CheckoutAction {
    static func write(into directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let inputs = inputs.map { "  \($0.name): {default: '\($0.value)'}\n" }.joined()
        let environment = Self.inputs.map(\.name)
            .map { "        \(variable($0)): ${{ inputs.\($0) }}\n" }.joined()
        let script = script.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "\n" : "        \(String(Substring($0)))\n" }.joined()
        let text = """
            name: Checkout
            description: Check out a repository
            inputs:
            \(inputs)outputs:
              ref: {description: what was checked out, value: '${{ steps.checkout.outputs.ref }}'}
              commit: {description: its commit, value: '${{ steps.checkout.outputs.commit }}'}
            runs:
              using: composite
              steps:
                - id: checkout
                  shell: sh
                  working-directory: .
                  env:
            \(environment)        JOB_TOKEN: ${{ github.token }}
                  run: |
            \(script)
            """
        // The literal's own indentation is cut off, that of what is put in is not.
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/action.yml"))
    }

    private static func variable(_ input: String) -> String {
        "CHECKOUT_" + input.uppercased().replacing("-", with: "_")
    }

    /// As actions/checkout v4 and v5 document them.
    private static let inputs: [(name: String, value: String)] = [
        ("repository", "${{ github.repository }}"), ("ref", ""), ("token", "${{ github.token }}"), ("ssh-key", ""),
        ("persist-credentials", "true"), ("path", "."), ("clean", "true"), ("filter", ""), ("sparse-checkout", ""),
        ("sparse-checkout-cone-mode", "true"), ("fetch-depth", "1"), ("fetch-tags", "false"), ("lfs", "false"),
        ("submodules", "false"), ("github-server-url", ""),
    ]

    private static let script = #"""
        set -eu
        fail() { echo "::error::$1"; exit 1; }
        is() { case "$1" in [Tt][Rr][Uu][Ee]) true ;; *) false ;; esac; }
        [ -z "$CHECKOUT_SSH_KEY" ] || fail "the built-in runner checks out over HTTP alone; leave out ssh-key"
        depth=$CHECKOUT_FETCH_DEPTH
        case "$depth" in '' | *[!0-9]*) fail "fetch-depth \"$depth\" is not a number from 0" ;; esac
        server=${CHECKOUT_GITHUB_SERVER_URL:-$GITHUB_SERVER_URL}
        server=${server%/}
        repository=$CHECKOUT_REPOSITORY
        address=$server/$repository.git
        cd "$GITHUB_WORKSPACE"
        place=${CHECKOUT_PATH:-.}
        case "$place/" in "$GITHUB_WORKSPACE"/*) ;; /*) fail "path \"$place\" is not below the workspace" ;; esac
        case "/$place/" in */../*) fail "path \"$place\" is not below the workspace" ;; esac
        mkdir -p -- "$place"
        cd -- "$place"

        if [ -n "$CHECKOUT_TOKEN" ]; then
            basic=$(printf 'x-access-token:%s' "$CHECKOUT_TOKEN" | base64 | tr -d '\n')
            [ "$CHECKOUT_TOKEN" = "$JOB_TOKEN" ] || echo "::add-mask::$basic"
            export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$server/.extraheader"
            export GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $basic"
        fi
        export GIT_TERMINAL_PROMPT=0

        # What another checkout left is used again, anything else goes, as with actions/checkout.
        if [ -d .git ] && [ "$(git config --get remote.origin.url || true)" = "$address" ]; then
            if is "$CHECKOUT_CLEAN"; then
                git clean -ffdxq || true
                git reset --hard --quiet || true
            fi
        else
            find . -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
            git -c init.defaultBranch=main init --quiet
            git remote add origin "$address"
        fi

        ref=$CHECKOUT_REF
        commit=
        if [ -z "$ref" ] && [ "$repository" = "$GITHUB_REPOSITORY" ]; then
            ref=$GITHUB_REF
            commit=$GITHUB_SHA
        elif [ -z "$ref" ]; then
            ref=$(git ls-remote --symref -- "$address" HEAD | sed -n 's/^ref: \([^[:space:]]*\).*/\1/p')
            [ -n "$ref" ] || fail "\"$repository\" at $server has no default branch; name a ref"
        fi
        case "$ref" in
            refs/*) ;;
            *)
                if printf '%s' "$ref" | grep -Eqx '[0-9a-f]{40}|[0-9a-f]{64}'; then
                    commit=$ref
                    ref=
                else
                    found=$(git ls-remote -- "$address" "refs/heads/$ref" "refs/tags/$ref" | cut -f 2)
                    case "$found" in
                        *"refs/heads/$ref"*) ref=refs/heads/$ref ;;
                        *"refs/tags/$ref"*) ref=refs/tags/$ref ;;
                        *) fail "\"$repository\" at $server has no branch or tag \"$ref\"" ;;
                    esac
                fi
                ;;
        esac

        # Where the commit is kept here: a name of its own, so that later fetches and describe see it.
        case "$ref" in
            refs/heads/*) kept=refs/remotes/origin/${ref#refs/heads/} ;;
            refs/tags/*) kept=$ref ;;
            '') kept= ;;
            *) kept=refs/remotes/${ref#refs/} ;;
        esac
        fetch() { git fetch --quiet --force ${CHECKOUT_FILTER:+"--filter=$CHECKOUT_FILTER"} "$@"; }
        if [ "$depth" = 0 ]; then
            unshallow=
            [ ! -f .git/shallow ] || unshallow=--unshallow
            fetch $unshallow origin '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*'
            [ -z "$commit" ] || git cat-file -e "$commit^{commit}" 2>/dev/null || fetch origin "$commit"
            case "$kept" in '' | refs/remotes/origin/* | refs/tags/*) ;; *) fetch origin "+$ref:$kept" ;; esac
        else
            tags=--no-tags
            ! is "$CHECKOUT_FETCH_TAGS" || tags='+refs/tags/*:refs/tags/*'
            case "$ref" in refs/tags/*) wanted=$ref ;; *) wanted=${commit:-$ref} ;; esac
            case "$tags" in
                --*) fetch --no-tags "--depth=$depth" origin "+$wanted${kept:+:$kept}" ;;
                *) fetch "--depth=$depth" origin "+$wanted${kept:+:$kept}" "$tags" ;;
            esac || {
                # A server may refuse a bare commit id: the ref's history has it.
                [ -n "$ref" ] || fail "could not fetch $commit"
                fetch --no-tags origin "+$ref:$kept"
            }
        fi

        if [ -n "$CHECKOUT_SPARSE_CHECKOUT" ]; then
            cone=--no-cone
            ! is "$CHECKOUT_SPARSE_CHECKOUT_CONE_MODE" || cone=--cone
            printf '%s\n' "$CHECKOUT_SPARSE_CHECKOUT" | git sparse-checkout set $cone --stdin
        fi
        target=${commit:-$kept}
        case "$ref" in
            refs/heads/*)
                git checkout --quiet --force -B "${ref#refs/heads/}" "$target"
                git branch --quiet "--set-upstream-to=origin/${ref#refs/heads/}" || true
                ;;
            *) git -c advice.detachedHead=false checkout --quiet --force --detach "$target" ;;
        esac
        if is "$CHECKOUT_LFS"; then
            git lfs install --local
            git lfs pull
        fi
        case "$CHECKOUT_SUBMODULES" in
            recursive) git submodule update --init --recursive --force ;;
            *) ! is "$CHECKOUT_SUBMODULES" || git submodule update --init --force ;;
        esac

        git config --unset-all "http.$server/.extraheader" || true
        if is "$CHECKOUT_PERSIST_CREDENTIALS" && [ -n "$CHECKOUT_TOKEN" ]; then
            # By the shell itself: what stands in a program's arguments, other users can read.
            printf '[http "%s/"]\n\textraheader = AUTHORIZATION: basic %s\n' "$server" "$basic" >>.git/config
        fi
        head=$(git rev-parse HEAD)
        echo "checked out $head"
        printf 'ref=%s\ncommit=%s\n' "${ref:-$head}" "$head" >>"$GITHUB_OUTPUT"
        """#
}
