namespace ModelTrack.Benchmarks.Scenarios;

/// <summary>
/// A tool that keeps contents at a remote, as the commands that a person would type. In them: $SRC the folder with the content, $OUT an empty folder
/// of another machine, $URL the server, $ID a name of this run's own, $MINE a folder for what the tool keeps on the first machine, $OTHER on the other.
/// </summary>
/// <param name="Setup">Once, not timed.</param>
/// <param name="Push">The content as it is now.</param>
/// <param name="Pull">All of it, to a machine that has nothing.</param>
/// <param name="Update">To that machine, when it has the version before.</param>
/// <param name="Follow">After the pull, not timed: what the other machine must know of the new version without its bytes, as a `git pull` tells it.</param>
internal sealed record Peer(string Name, string Setup, string Push, string Pull, string Update, string Follow = "true")
{
    /// <summary>Whether it says itself that what arrived is right, and keeps it on the disk: else it gets a row with `sha256sum` and `sync` as well.</summary>
    public bool Verifies { get; init; }

    public static IReadOnlyList<Peer> All { get; } =
    [
        new("ModelTrack",
            "mkdir -p $MINE/project && mv $SRC $MINE/project/data && ln -s $MINE/project/data $SRC",
            "\"$VERB\" verb save+push $MINE/project $MINE/store s3://bench/$ID/mt data",
            "\"$VERB\" verb restore $OUT $OTHER/store s3://bench/$ID/mt data",
            "\"$VERB\" verb restore $OUT $OTHER/store s3://bench/$ID/mt data",
            "cp $MINE/project/data.track $OUT/")
        { Verifies = true },
        new("restic",
            "restic init -q",
            "restic backup -q --cache-dir $MINE/cache $SRC/",
            "restic restore -q --cache-dir $OTHER/cache latest --target $OUT",
            "restic restore -q --cache-dir $OTHER/cache latest --target $OUT")
        { Verifies = true },
        new("rclone",
            "true",
            "rclone sync $SRC/ r:bench/$ID/rclone --transfers 16 --checkers 16",
            "rclone sync r:bench/$ID/rclone $OUT --transfers 16 --checkers 16",
            "rclone sync r:bench/$ID/rclone $OUT --transfers 16 --checkers 16"),
        // Without --exact-timestamps it takes an older file of the same size for the newer one, and the change does not come.
        new("awscli",
            "true",
            "aws --endpoint-url $URL s3 sync $SRC/ s3://bench/$ID/aws --only-show-errors",
            "aws --endpoint-url $URL s3 sync s3://bench/$ID/aws $OUT --exact-timestamps --only-show-errors",
            "aws --endpoint-url $URL s3 sync s3://bench/$ID/aws $OUT --exact-timestamps --only-show-errors"),
        new("git-lfs, local folder",
            """
            git init -q --bare $MINE/remote.git && git init -q $MINE/work && cd $MINE/work && git lfs install --local > /dev/null && git remote add origin file://$MINE/remote.git
            git config user.name a && git config user.email a@example.com && echo 'data/** filter=lfs diff=lfs merge=lfs -text' > .gitattributes
            """,
            "cd $MINE/work && rm -rf data && cp -r $SRC/. data && git add -A && { git diff --cached --quiet || git commit -qm v; } && git push -q origin HEAD:main",
            "git clone -q -b main file://$MINE/remote.git $OUT/clone && cd $OUT/clone && git lfs pull",
            "cd $OUT/clone && git pull -q && git lfs pull")
        { Verifies = true },
    ];

    /// <summary>The plain limit: one object in eight ranges, by the tool that does nothing else.</summary>
    public static Peer Curl { get; } = new("curl, 8 ranges",
        "true",
        "aws --endpoint-url $URL s3 cp $SRC/model.bin s3://bench/$ID/curl --acl public-read --only-show-errors",
        """
        size=$(stat -c %s $SRC/model.bin); part=$(( (size + 7) / 8 ))
        for i in 0 1 2 3 4 5 6 7; do curl -sf -r $((i * part))-$(( (i + 1) * part - 1 )) -o $OUT/$i $URL/bench/$ID/curl & done; wait
        cat $OUT/[0-7] > $OUT/model.bin
        """,
        "true");
}
