-- I7: bytes on disk are those of blobs that a file names, and garbage younger than an hour (`millrace scrub` looks at the disk).
select format('blob %s is named by no file and was not removed', b.id)
  from blob b
 where b.created_at < now() - interval '1 hour' and (b.doomed_at is null or b.doomed_at < now() - interval '1 hour')
   and not exists (select 1 from artifact_file f where f.blob_id = b.id)
union all
select format('artifact %s "%s" is deleted and still has files', a.id, a.name)
  from artifact a
 where a.status = 6 and exists (select 1 from artifact_file f where f.artifact_id = a.id)
union all
select format('artifact %s "%s" expired on %s and can still be seen', a.id, a.name, a.expires_at)
  from artifact a where a.status = 2 and a.expires_at < now() - interval '1 hour'
