"""Pictures of where access changed: incidents, an area and `now` in, PNG bytes out. Pure, like judging and wording.

`outlines` reads the checked-in lines, `view` is the projection, `marks` says what each incident looks like, `placing`
where symbols and labels go, `lettering` shapes writing, `draw` and `chart` paint. Only the last three load Pillow:
import them when a picture is asked for (bot.pictures does), so that a service nobody asks for maps stays small.
"""
