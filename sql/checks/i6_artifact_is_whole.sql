-- I6: an artifact that can be seen has all its files, each with bytes that are kept; a v4 artifact is one file.
select format('artifact %s "%s" is uploaded and has %s files', a.id, a.name, count(f.path))
  from artifact a left join artifact_file f on f.artifact_id = a.id
 where a.status = 2
 group by a.id having count(f.path) = 0 or (a.protocol = 4 and count(f.path) > 1)
union all
select format('artifact %s "%s" has %s bytes, its files have %s', a.id, a.name, a.bytes, sum(f.bytes))
  from artifact a join artifact_file f on f.artifact_id = a.id
 where a.status = 2
 group by a.id having a.bytes <> sum(f.bytes)
union all
select format('the bytes of blob %s are being removed, but artifact %s needs them', b.id, f.artifact_id)
  from blob b join artifact_file f on f.blob_id = b.id
 where b.doomed_at is not null
union all
select format('blob %s was found damaged, artifact %s needs it; run the job again', b.id, f.artifact_id)
  from blob b join artifact_file f on f.blob_id = b.id
 where b.bad_at is not null
